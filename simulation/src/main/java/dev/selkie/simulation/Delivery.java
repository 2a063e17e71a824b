package dev.selkie.simulation;

/** Something that happens by itself at a time: the arrival of data, the end of a retry. */
abstract class Delivery {
  static final int IDLE = -1;

  /** When, by the network's clock. */
  long time;

  /** Breaks ties: first planned, first done. */
  long order;

  /** Its place in the agenda's heap, or {@link #IDLE}. */
  int place = IDLE;

  final boolean isPlanned() {
    return place != IDLE;
  }

  /** Does it; it is off the agenda by then and may be planned again. */
  abstract void deliver();

  /** One line for the trace. */
  abstract String describe();
}
