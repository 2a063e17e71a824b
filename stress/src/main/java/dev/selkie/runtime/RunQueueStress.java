package dev.selkie.runtime;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The run queue of a loop, its owner and its producers. */
public final class RunQueueStress {
  private static final Runnable NOTHING = () -> {};

  private RunQueueStress() {}

  /** What is handed in: its plain field must be seen by who runs it. */
  private static final class Task implements Runnable {
    private int value;

    @Override
    public void run() {
      // Its value is looked at instead.
    }
  }

  /** r1: the owner sleeps; r2: the producer wakes it. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The owner sleeps, and nobody wakes it.")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "Seen, or woken.")
  @State
  public static class SleepAndOffer {
    private final RunQueue queue = new RunQueue();

    @Actor
    public void owner(II_Result r) {
      r.r1 = queue.fallAsleep() ? 1 : 0;
    }

    @Actor
    public void producer(II_Result r) {
      r.r2 = queue.offer(NOTHING) ? 1 : 0;
    }
  }

  /** r1: the owner sleeps; r2, r3: a producer wakes it. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = FORBIDDEN, desc = "The owner sleeps, and nobody wakes it.")
  @Outcome(id = "., 1, 1", expect = FORBIDDEN, desc = "Both wake it.")
  @Outcome(expect = ACCEPTABLE, desc = "Seen, or woken by one.")
  @State
  public static class SleepAndTwoOffers {
    private final RunQueue queue = new RunQueue();

    @Actor
    public void owner(III_Result r) {
      r.r1 = queue.fallAsleep() ? 1 : 0;
    }

    @Actor
    public void one(III_Result r) {
      r.r2 = queue.offer(NOTHING) ? 1 : 0;
    }

    @Actor
    public void other(III_Result r) {
      r.r3 = queue.offer(NOTHING) ? 1 : 0;
    }
  }

  /** The value of what the owner takes, -1 for nothing. */
  @JCStressTest
  @Outcome(
      id = {"-1", "1"},
      expect = ACCEPTABLE,
      desc = "Nothing so far, or all of it.")
  @Outcome(expect = FORBIDDEN, desc = "What the producer wrote before is not seen.")
  @State
  public static class Publication {
    private final RunQueue queue = new RunQueue();

    @Actor
    public void owner(I_Result r) {
      queue.takeIn();
      Runnable taken = queue.poll();
      r.r1 = taken == null ? -1 : ((Task) taken).value;
    }

    @Actor
    public void producer() {
      Task task = new Task();
      task.value = 1;
      queue.offer(task);
    }
  }

  /** r1, r2: what the owner took while two producers offered; in the end, all of it once. */
  @JCStressTest
  @Outcome(
      id = {"12, 0", "21, 0", "1, 2", "2, 1", "0, 12", "0, 21"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "Something is lost, or there twice.")
  @State
  public static class TwoProducers {
    private final RunQueue queue = new RunQueue();

    @Actor
    public void owner(II_Result r) {
      r.r1 = takeAll();
    }

    @Actor
    public void one() {
      offer(1);
    }

    @Actor
    public void other() {
      offer(2);
    }

    @Arbiter
    public void rest(II_Result r) {
      r.r2 = takeAll();
    }

    private void offer(int value) {
      Task task = new Task();
      task.value = value;
      queue.offer(task);
    }

    /** The values as the digits of a number. */
    private int takeAll() {
      queue.takeIn();
      int digits = 0;
      for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
        digits = digits * 10 + ((Task) next).value;
      }
      return digits;
    }
  }
}
