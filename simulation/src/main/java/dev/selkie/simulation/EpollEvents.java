package dev.selkie.simulation;

import dev.selkie.kernel.EventBatch;

/** The events that a simulated epoll_wait returned. */
final class EpollEvents implements EventBatch {
  private final long[] tokens;
  private final int[] events;
  private int size;

  EpollEvents(int capacity) {
    this.tokens = new long[capacity];
    this.events = new int[capacity];
  }

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  boolean isFull() {
    return size == tokens.length;
  }

  void add(long token, int bits) {
    tokens[size] = token;
    events[size++] = bits;
  }

  /** Puts them in an order that chance decides. */
  void shuffle(Randomness random) {
    for (int i = size - 1; i > 0; i--) {
      int j = random.below(i + 1);
      long token = tokens[i];
      tokens[i] = tokens[j];
      tokens[j] = token;
      int bits = events[i];
      events[i] = events[j];
      events[j] = bits;
    }
  }

  @Override
  public int capacity() {
    return tokens.length;
  }

  @Override
  public long token(int index) {
    return tokens[index];
  }

  @Override
  public int events(int index) {
    return events[index];
  }

  @Override
  public void close() {
    // Nothing but heap memory.
  }
}
