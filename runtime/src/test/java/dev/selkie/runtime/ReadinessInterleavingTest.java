package dev.selkie.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events, attempts and waits on a readiness word, in every order. */
@Timeout(120)
final class ReadinessInterleavingTest {
  private static final int ORDERS = 150;

  @Test
  void aWaiterIsWokenForWhatCameBetweenNotReadyAndItsWait() {
    Participants.check(ORDERS, 2, () -> new Reading(2));
  }

  @Test
  void anAttemptThatFoundNothingDoesNotTakeBackANewerEvent() {
    Participants.check(ORDERS, 3, () -> new Reading(1));
  }

  @Test
  void theEndIsToldToWhoWaits() {
    Participants.check(ORDERS, 2, Ending::new);
  }

  @Test
  void whatBothDirectionsMissIsAskedFor() {
    Participants.checkOperations(3, Rearming.class);
  }

  @Test
  void roomIsAskedForWhileItIsMissed() {
    Participants.checkOperations(3, AskingForRoom.class);
  }

  /** A reader, and arrivals at a source, each of which is told. */
  private static class Reading extends Participants {
    final ReadinessWord word = new ReadinessWord(null);
    private final AtomicInteger source = new AtomicInteger();
    private final int arrivals;

    Reading(int arrivals) {
      this.arrivals = arrivals;
      word.told(ReadinessWord.READABLE); // of nothing
    }

    @Override
    void run(int thread, Bell bell) throws InterruptedException {
      switch (thread) {
        case 0 -> read(bell);
        case 1 -> {
          for (int i = 0; i < arrivals; i++) {
            source.incrementAndGet();
            word.told(ReadinessWord.READABLE);
          }
        }
        default -> {
          word.told(ReadinessWord.WRITABLE);
          check(word.output.isReady(), "what the other direction waits for was taken back");
        }
      }
    }

    private void read(Bell bell) throws InterruptedException {
      for (int taken = 0; taken < arrivals; ) {
        int seen = word.word();
        if (word.input.isReady()) {
          if (source.get() > 0) {
            source.decrementAndGet();
            taken++;
            continue;
          }
          word.clear(ReadinessWord.READABLE, seen);
        }
        if (word.input.await(bell)) {
          bell.await();
        }
      }
    }
  }

  /** A reader that nothing comes for, and the close of its source. */
  private static final class Ending extends Participants {
    private final ReadinessWord word = new ReadinessWord(null);

    @Override
    void run(int thread, Bell bell) throws InterruptedException {
      if (thread == 1) {
        word.raise(ReadinessWord.ENDED);
        word.wake(ReadinessWord.ENDED);
      } else if (word.output.await(bell)) {
        bell.await();
      }
    }
  }

  /** A one-shot backend, an event, and the attempts of both directions at once. */
  public static final class Rearming {
    private final OneShot word = new OneShot();

    @Operation(runOnce = true)
    public void readNothing() {
      word.clear(ReadinessWord.READABLE, word.atFirst);
    }

    @Operation(runOnce = true)
    public void writeNothing() {
      word.clear(ReadinessWord.WRITABLE, word.atFirst);
    }

    @Operation(runOnce = true)
    public void event() {
      word.armed = 0; // as an event leaves it
      word.told(ReadinessWord.READABLE);
    }

    @Validate
    public void whatIsMissingIsArmed() {
      int missing =
          (word.input.isReady() ? 0 : ReadinessWord.READABLE)
              | (word.output.isReady() ? 0 : ReadinessWord.WRITABLE);
      Participants.check((missing & ~word.armed) == 0, "something is missing, and not armed");
    }
  }

  /** A source that asks for room on demand: an event of it, a sender, and a reader. */
  public static final class AskingForRoom {
    private final OnDemand word = new OnDemand();

    /** As on a sender who does not wait to be woken. */
    @Operation(runOnce = true)
    public void sendUntilThereIsNoRoom() {
      for (int i = 0; i < 2; i++) {
        int seen = word.word();
        if (word.output.isReady()) {
          word.clear(ReadinessWord.WRITABLE, seen);
        }
      }
    }

    @Operation(runOnce = true)
    public void readNothing() {
      word.clear(ReadinessWord.READABLE, word.word());
    }

    @Operation(runOnce = true)
    public void room() {
      word.told(ReadinessWord.WRITABLE);
    }

    @Validate
    public void missingRoomIsAskedFor() {
      Participants.check(word.output.isReady() || word.roomArmed, "room is missed, not asked for");
    }
  }

  /** As a cell asks that is registered for input alone while it has room. */
  private static final class OnDemand extends ReadinessWord {
    private volatile boolean roomAsked = true;
    private volatile boolean roomArmed = true;

    OnDemand() {
      super(null);
      raise(READABLE);
    }

    @Override
    void changed() {
      rearm();
    }

    @Override
    void ask(int conditions) {
      boolean room = (conditions & WRITABLE) != 0;
      if (roomAsked != room) {
        roomAsked = room;
        roomArmed = room;
      }
    }
  }

  private static final class OneShot extends ReadinessWord {
    private final int atFirst;
    private volatile int armed;

    OneShot() {
      super(null);
      told(READABLE | WRITABLE);
      atFirst = word();
    }

    @Override
    void changed() {
      rearm();
    }

    @Override
    void ask(int conditions) {
      armed = conditions;
    }
  }
}
