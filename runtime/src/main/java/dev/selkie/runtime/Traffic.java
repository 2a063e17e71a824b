package dev.selkie.runtime;

import dev.selkie.runtime.jfr.AcceptEvent;
import dev.selkie.runtime.jfr.CloseEvent;
import dev.selkie.runtime.jfr.Recorder;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What was connected to a loop and closed; any thread. */
final class Traffic {
  private final String loop;
  private final LongAdder accepted = new LongAdder();
  private final LongAdder connected = new LongAdder();
  private final LongAdder closed = new LongAdder();

  /** Bytes of what was closed. */
  private final LongAdder received = new LongAdder();

  private final LongAdder sent = new LongAdder();

  Traffic(String loop) {
    this.loop = loop;
  }

  /** A listener has given a connection. */
  void accepted(Object listener, Object connection) {
    accepted.increment();
    if (Recorder.isOn()) {
      new AcceptEvent(loop, listener, connection).commit();
    }
  }

  /** A connection was made. */
  void connected() {
    connected.increment();
  }

  /** A source was closed, of which this was the last state. */
  void closed(LoopSnapshot.Source last) {
    closed.increment();
    received.add(last.bytesReceived());
    sent.add(last.sent());
    if (Recorder.isOn()) {
      String source = last.source().replace(" (closed)", ""); // as it was called while open
      new CloseEvent(loop, source, last.received(), last.sent()).commit();
    }
  }

  /** All of it, with the bytes of what is open. */
  LoopSnapshot.Traffic with(List<LoopSnapshot.Source> open) {
    long in = received.sum();
    long out = sent.sum();
    for (LoopSnapshot.Source source : open) {
      in += source.bytesReceived();
      out += source.sent();
    }
    return new LoopSnapshot.Traffic(accepted.sum(), connected.sum(), closed.sum(), in, out);
  }
}
