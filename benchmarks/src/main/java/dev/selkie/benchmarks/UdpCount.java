package dev.selkie.benchmarks;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a receiver of datagrams has received: one thread counts, and another one is asked. Each
 * datagram bears a number, greater than that of the one before.
 */
final class UdpCount {
  /** The bytes of a datagram. */
  static final int MESSAGE = 64;

  private final AtomicLong received = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();
  private final AtomicLong calls = new AtomicLong();
  private long last = -1;

  /** A datagram, of so many bytes. */
  void take(int length, long number) {
    if (length != MESSAGE || number <= last) {
      wrong.lazySet(wrong.getPlain() + 1);
    }
    last = number;
  }

  /** A call that has brought so many. */
  void called(int datagrams) {
    received.lazySet(received.getPlain() + datagrams);
    calls.lazySet(calls.getPlain() + 1);
  }

  @Override
  public String toString() {
    return "received=%d wrong=%d calls=%d".formatted(received.get(), wrong.get(), calls.get());
  }
}
