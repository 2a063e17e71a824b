package dev.selkie.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attempts of an operation, events and its cancellation, in every order. */
@Timeout(120)
final class AsyncOperationInterleavingTest {
  @Test
  void anOperationIsNotLeftByTheEventItWaitsFor() {
    Participants.checkOperations(3, Waiting.class);
  }

  @Test
  void aCancelledOperationTouchesNothingAndFreesItsDirection() {
    Participants.checkOperations(3, Cancelling.class);
  }

  @Test
  void theOperationAfterACancelledOneIsNotLeft() {
    Participants.checkOperations(2, Succession.class);
  }

  /** One item arrives at a source, and operations want it. */
  abstract static class Arrival {
    final ReadinessWord word = new ReadinessWord(null);
    final AtomicInteger source = new AtomicInteger();
    volatile boolean touchedAfterTheEnd;

    Taking taking() {
      Participants.check(word.input.begin(), "the direction is not free");
      return new Taking(this);
    }

    void arrive() {
      source.incrementAndGet();
      word.told(ReadinessWord.READABLE);
    }

    /** An event of nothing. */
    void mislead() {
      word.told(ReadinessWord.READABLE);
    }

    void checkEnd() {
      Participants.check(!touchedAfterTheEnd, "it tried, and was done");
      Participants.check(word.input.begin(), "the direction is not free");
    }
  }

  static final class Taking extends AsyncOperation<Integer> {
    private final Arrival arrival;
    private int taken;

    Taking(Arrival arrival) {
      super(arrival.word.input);
      this.arrival = arrival;
    }

    void begin() {
      var _ = started();
    }

    @Override
    boolean attempt(boolean waited) {
      arrival.touchedAfterTheEnd |= isDone();
      int seen = arrival.word.word();
      if (!arrival.word.input.isReady()) {
        return false;
      }
      taken = arrival.source.getAndSet(0);
      arrival.touchedAfterTheEnd |= isDone();
      if (taken == 0) {
        arrival.word.clear(ReadinessWord.READABLE, seen);
        return false;
      }
      return true;
    }

    @Override
    Integer result() {
      return taken;
    }
  }

  public static final class Waiting extends Arrival {
    private final Taking taking = taking();

    @Operation(runOnce = true)
    public void begin() {
      taking.begin();
    }

    @Operation(runOnce = true)
    public void event() {
      arrive();
    }

    @Operation(runOnce = true)
    public void eventOfNothing() {
      mislead();
    }

    @Validate
    public void end() {
      Participants.check(taking.isDone(), "left behind");
      checkEnd();
    }
  }

  public static final class Cancelling extends Arrival {
    private final Taking taking = taking();
    private volatile boolean cancelled;

    public Cancelling() {
      taking.begin();
    }

    @Operation(runOnce = true)
    public void cancel() {
      cancelled = taking.cancel(false);
    }

    @Operation(runOnce = true)
    public void event() {
      arrive();
    }

    @Operation(runOnce = true)
    public void eventOfNothing() {
      mislead();
    }

    @Validate
    public void end() {
      Participants.check(taking.isDone(), "left behind");
      Participants.check(taking.isCancelled() == cancelled, "cancel lied");
      Participants.check(source.get() == (cancelled ? 1 : 0), "the item went elsewhere");
      checkEnd();
    }
  }

  public static final class Succession extends Arrival {
    private final Taking first = taking();
    private volatile Taking second;

    public Succession() {
      first.begin();
    }

    @Operation(runOnce = true)
    public void event() {
      arrive();
    }

    @Operation(runOnce = true)
    public void replace() {
      if (first.cancel(false)) {
        Taking next = taking();
        second = next;
        next.begin();
      }
    }

    @Validate
    public void end() {
      Participants.check(first.isCancelled() ? second.isDone() : first.isDone(), "left behind");
      Participants.check(source.get() == 0, "the item is left");
      checkEnd();
    }
  }
}
