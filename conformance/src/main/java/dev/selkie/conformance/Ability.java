package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.FileChangeSource;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import dev.selkie.source.Tick;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/**
 * What some configurations of the contract lack: each with the sentence of the contract that holds
 * without it, which {@link Needs} lets a case assert instead of its own.
 */
public enum Ability {
  /** Edge-triggered interest. */
  EDGE("edge-triggered interest") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      assertInterestRefused(configuration, kernel, Interest.READABLE.edge());
      assertInterestRefused(configuration, kernel, Interest.READABLE.edge().oneShot());
    }
  },
  /** Exclusive interest. */
  EXCLUSIVE("exclusive interest") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      assertInterestRefused(configuration, kernel, Interest.READABLE.exclusive());
    }
  },
  /** Interest in urgent data. */
  PRIORITY("interest in urgent data") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      assertInterestRefused(configuration, kernel, Interest.PRIORITY);
      assertInterestRefused(configuration, kernel, Interest.PRIORITY.and(Interest.READABLE));
    }
  },
  /** Interest in the peer's end alone. */
  PEER_CLOSED("interest in the peer's end alone") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      assertInterestRefused(configuration, kernel, Interest.PEER_CLOSED);
    }
  },
  /** A descriptor of the queue, for another queue or a foreign loop. */
  EXPORT("a descriptor of the queue") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      try (EventQueue<String> outer = configuration.queue(kernel);
          EventQueue<String> inner = configuration.queue(kernel)) {
        Refusal.of(configuration, inner::descriptor);
        Refusal.of(configuration, () -> outer.register(inner, Interest.READABLE, "inner"));
        inner.wake();
        Report.none(outer);
      }
    }
  },
  /** A registration that lives on with a duplicate when its descriptor's number was closed. */
  OUTLIVING("a registration that outlives its descriptor") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      int[] ends = new int[2];
      SystemCalls.check("pipe", kernel.files().pipe(ends));
      int duplicate = SystemCalls.check("dup", kernel.files().duplicate(ends[0]));
      try (EventQueue<String> queue = configuration.queue(kernel)) {
        RawSource borrowed = RawSource.borrow(kernel, ends[0]);
        Registration<String> registration =
            queue.register(borrowed, Interest.READABLE, "left behind");
        kernel.files().write(ends[1], new byte[1], 0, 1);
        kernel.files().close(ends[0]);
        Report.none(queue);
        registration.cancel();
        Report.none(queue);
        if (!queue.toString().contains("0 registrations, 0 rebuilds")) {
          throw new AssertionError("left: " + queue);
        }
      } finally {
        kernel.files().close(duplicate);
        kernel.files().close(ends[1]);
      }
    }
  },
  /** A time of day that a test may set. */
  SET_CLOCK("a clock to be set") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      Instant now = Instant.ofEpochMilli(kernel.clock().currentTimeMillis());
      try (IntervalTimer timer = IntervalTimer.at(kernel, now)) {
        Ready.await(configuration, timer, Interest.READABLE);
        Tick tick = timer.poll();
        if (tick == null || tick.clockWasSet() || timer.poll() != null) {
          throw new AssertionError("told of a clock that nobody has set: " + tick);
        }
      }
    }
  },
  /** Each change of a file, and not only that there were some. */
  EACH_CHANGE("each change of a file") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      String path = "/tmp/" + configuration.name();
      Files files = kernel.files();
      try (FileChangeSource source = FileChangeSource.open(kernel)) {
        source.watch(Path.of("/tmp"));
        SystemCalls.check("mkfifo", files.makeFifo(path, 0600));
        SystemCalls.check("unlink", files.unlink(path));
        if (source.poll() != null) {
          throw new AssertionError("told of what came and went between two looks");
        }
        SystemCalls.check("mkfifo", files.makeFifo(path, 0600));
        if (source.poll() == null) {
          throw new AssertionError("not told of what has come");
        }
      }
    }
  },
  /** A system call for each change of what is registered, which the system can refuse. */
  CHANGE_CALL("a system call that registers") {
    @Override
    void assertAbsent(Configuration configuration, Kernel kernel) throws IOException {
      CountingKernel counting = new CountingKernel(kernel);
      try (EventQueue<String> queue = configuration.queue(counting);
          PipePair pipe = PipePair.open(counting)) {
        counting.reset();
        Registration<String> registration =
            queue.register(pipe.writer(), Interest.READABLE, "writer");
        registration.modify(Interest.WRITABLE);
        registration.cancel();
        if (counting.total() != 0) {
          throw new AssertionError("changes made " + counting);
        }
      }
    }
  };

  private final String text;

  Ability(String text) {
    this.text = text;
  }

  /** Asserts what happens instead, on a configuration that lacks this. */
  abstract void assertAbsent(Configuration configuration, Kernel kernel) throws IOException;

  /** Register and modify refuse it by name, and leave what there was. */
  private static void assertInterestRefused(
      Configuration configuration, Kernel kernel, Interest interest) throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      Refusal.of(configuration, () -> queue.register(pipe.reader(), interest, "refused"));
      Registration<String> kept = queue.register(pipe.reader(), Interest.READABLE, "kept");
      Refusal.of(configuration, () -> kept.modify(interest));
      Bytes.send(pipe.writer(), 1);
      if (!Report.only(queue).toString().equals("kept: readable")) {
        throw new AssertionError("a refused modify changed the registration");
      }
    }
  }

  /** What it is, in words. */
  @Override
  public String toString() {
    return text;
  }
}
