package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Epoll;

/** An eventfd: what wakes an event queue. */
final class CounterModel extends OpenModel {
  private boolean positive;

  @Override
  String source() {
    return "eventfd";
  }

  @Override
  int must() {
    return Epoll.OUT | (positive ? Epoll.IN : 0);
  }

  @Override
  int may() {
    return must();
  }

  /** It was added to. */
  void wrote() {
    positive = true;
    touched(Epoll.IN);
  }

  /** It was read. */
  void read() {
    positive = false;
    touched(0);
  }

  @Override
  void released() {}
}
