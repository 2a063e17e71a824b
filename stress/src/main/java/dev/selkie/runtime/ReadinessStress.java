package dev.selkie.runtime;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** A readiness word: events, attempts, waits, and an operation that is cancelled. */
public final class ReadinessStress {
  private ReadinessStress() {}

  /** A source in which one item arrives; its kernel's lock orders no more than release does. */
  private abstract static class Source {
    final ReadinessWord word = new ReadinessWord(null);
    final AtomicInteger items = new AtomicInteger();

    Source() {
      word.told(ReadinessWord.READABLE); // of nothing
    }

    void arrive() {
      items.setRelease(1);
      word.told(ReadinessWord.READABLE);
    }
  }

  /** r1: the reader waits; r2: it was woken. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "It waits beside an item, and is not woken.")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "It saw it, or was woken.")
  @State
  public static class AttemptAndEvent extends Source {
    private volatile boolean woken;

    @Actor
    public void reader(II_Result r) {
      int seen = word.word();
      if (word.input.isReady()) {
        if (items.getAcquire() != 0) {
          return;
        }
        word.clear(ReadinessWord.READABLE, seen);
      }
      r.r1 = word.input.await(() -> woken = true) ? 1 : 0;
    }

    @Actor
    public void event() {
      arrive();
    }

    @Arbiter
    public void result(II_Result r) {
      r.r2 = woken ? 1 : 0;
    }
  }

  /** What is left of the event for writing. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "The event stands.")
  @Outcome(id = "0", expect = FORBIDDEN, desc = "The other direction's attempt took it back.")
  @State
  public static class ClearAndOtherDirection extends Source {
    @Actor
    public void reader() {
      word.clear(ReadinessWord.READABLE, word.word());
    }

    @Actor
    public void event() {
      word.told(ReadinessWord.WRITABLE);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = word.output.isReady() ? 1 : 0;
    }
  }

  /** r1: the item was taken; r2: the cancel won; r3: the direction is free. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = ACCEPTABLE,
      desc = "One of the two.")
  @Outcome(expect = FORBIDDEN, desc = "Both, none, or the direction stays taken.")
  @State
  public static class EventAndCancel extends Source {
    private final Taking operation;

    public EventAndCancel() {
      word.input.begin();
      operation = new Taking(this);
      operation.started();
    }

    @Actor
    public void event() {
      arrive();
    }

    @Actor
    public void canceller(III_Result r) {
      r.r2 = operation.cancel(false) ? 1 : 0;
    }

    @Arbiter
    public void result(III_Result r) {
      r.r1 = operation.isDone() && !operation.isCancelled() && items.get() == 0 ? 1 : 0;
      r.r3 = word.input.begin() ? 1 : 0;
    }
  }

  private static final class Taking extends AsyncOperation<Integer> {
    private final Source source;

    Taking(Source source) {
      super(source.word.input);
      this.source = source;
    }

    @Override
    boolean attempt(boolean waited) {
      int seen = source.word.word();
      if (!source.word.input.isReady()) {
        return false;
      }
      if (source.items.getAndSet(0) == 0) {
        source.word.clear(ReadinessWord.READABLE, seen);
        return false;
      }
      return true;
    }

    @Override
    Integer result() {
      return 1;
    }
  }
}
