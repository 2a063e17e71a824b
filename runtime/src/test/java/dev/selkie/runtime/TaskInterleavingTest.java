package dev.selkie.runtime;

import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Wakes, runs and the cancelling of tasks, in every order. */
@Timeout(120)
final class TaskInterleavingTest {
  private static final int ORDERS = 150;

  @Test
  void aRunIsNotLeftByTheWakesItWaitsFor() {
    Participants.checkOperations(ORDERS, 3, Waking.class);
  }

  @Test
  void aRunThatIsCancelledEndsOnce() {
    Participants.checkOperations(ORDERS, 3, Cancelling.class);
  }

  @Test
  void aBranchIsNotLeftByItsWake() {
    Participants.checkOperations(ORDERS, 3, Joining.class);
  }

  /**
   * Waits for some arrivals, each of which wakes it, and sees whether it is used by two at once.
   */
  private static final class Arrivals implements Task<Integer> {
    private final int wanted;
    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger cancels = new AtomicInteger();
    private volatile Waker waker = () -> {};
    private volatile boolean ended;
    private volatile @Nullable String misuse;

    Arrivals(int wanted) {
      this.wanted = wanted;
    }

    @Override
    public Poll<Integer> poll(Waker given) {
      enter();
      waker = given;
      boolean all = arrived.get() == wanted;
      ended = all;
      inside.decrementAndGet();
      return all ? Poll.ready(wanted) : Poll.pending();
    }

    @Override
    public void cancel() {
      enter();
      cancels.incrementAndGet();
      ended = true;
      inside.decrementAndGet();
    }

    private void enter() {
      if (inside.incrementAndGet() != 1) {
        misuse = "used by two at once";
      }
      if (ended) {
        misuse = "used after its end";
      }
    }

    void arrive() {
      arrived.incrementAndGet();
      waker.wake();
    }

    void check() {
      Participants.check(misuse == null, misuse);
    }
  }

  /** A run by an executor that runs at once, wherever it is woken. */
  public static final class Waking {
    private final Arrivals task = new Arrivals(2);
    private final CompletableFuture<Integer> end = new CompletableFuture<>();

    @Operation(runOnce = true)
    public void start() {
      var _ = task.start(Runnable::run, end);
    }

    @Operation(runOnce = true)
    public void one() {
      task.arrive();
    }

    @Operation(runOnce = true)
    public void other() {
      task.arrive();
    }

    @Validate
    public void end() {
      task.check();
      Participants.check(end.isDone(), "left behind");
    }
  }

  public static final class Cancelling {
    private final Arrivals task = new Arrivals(1);
    private final CompletableFuture<Integer> end = new CompletableFuture<>();

    public Cancelling() {
      var _ = task.start(Runnable::run, end);
    }

    @Operation(runOnce = true)
    public void arrive() {
      task.arrive();
    }

    @Operation(runOnce = true)
    public void cancel() {
      end.cancel(false);
    }

    /** A wake without need. */
    @Operation(runOnce = true)
    public void mislead() {
      task.waker.wake();
    }

    @Validate
    public void end() {
      task.check();
      Participants.check(end.isDone(), "left behind");
      Participants.check(task.ended, "neither polled to its end nor cancelled");
    }
  }

  /** Two branches of a whole, each with a wake of its own. */
  public static final class Joining {
    private final Arrivals one = new Arrivals(1);
    private final Arrivals other = new Arrivals(1);
    private final CompletableFuture<List<Integer>> end = new CompletableFuture<>();
    private final Task<List<Integer>> both = Task.joinAll(List.of(one, other));

    @Operation(runOnce = true)
    public void start() {
      var _ = both.start(Runnable::run, end);
    }

    @Operation(runOnce = true)
    public void one() {
      one.arrive();
    }

    @Operation(runOnce = true)
    public void other() {
      other.arrive();
    }

    @Validate
    public void end() {
      one.check();
      other.check();
      Participants.check(end.isDone() && !end.isCompletedExceptionally(), "left behind");
    }
  }
}
