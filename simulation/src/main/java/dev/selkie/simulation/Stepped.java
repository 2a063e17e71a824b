package dev.selkie.simulation;

/**
 * Something that a stepping {@link SimulatedNetwork} drives in turns on its one thread: a loop over
 * an event queue of a simulated host.
 */
public interface Stepped {
  /**
   * Does what can be done now, without waiting.
   *
   * @return whether it did anything; false tells that only time, or somebody else, brings it on
   */
  boolean step();

  /**
   * Nanoseconds to its next deadline, 0 if that is due, or a negative number for none.
   *
   * <p>What is due is done by the next {@link #step}: a loop that is due twice in a row, and whose
   * step between did nothing, ends the wait with an {@link IllegalStateException} that names it.
   */
  long nanosToNextDeadline();
}
