package dev.selkie.runtime;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Producers and the owner of a run queue, in every order. */
@Timeout(120)
final class RunQueueInterleavingTest {
  private static final int ORDERS = 40;

  @Test
  void anOwnerThatFallsAsleepIsWokenForWhatIsOffered() {
    Participants.check(ORDERS, 2, () -> new Sleeping(1, 2));
  }

  @Test
  void whicheverProducerFindsItAsleepWakesIt() {
    Participants.check(ORDERS, 3, () -> new Sleeping(2, 1));
  }

  @Test
  void nothingIsLostAndEachProducersOrderKept() {
    new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(0)
        .actorsAfter(2)
        .iterations(3)
        .invocationsPerIteration(120)
        .check(Contents.class);
  }

  @Test
  void producersThatFindAnArrayUsedUpLinkOneOnly() {
    Participants.checkOperations(2, Full.class);
  }

  @Test
  void nothingIsLostUnderStress() {
    new StressOptions()
        .threads(3)
        .actorsPerThread(3)
        .iterations(5)
        .invocationsPerIteration(200)
        .check(Contents.class);
  }

  /** Some producers of some runnables each, and the owner, which sleeps when there is none. */
  private static final class Sleeping extends Participants {
    private final int producers;
    private final int each;
    private final RunQueue queue = new RunQueue(new Offers(2));
    private final List<Item> taken = new ArrayList<>();
    private volatile Bell owner = new Bell();

    Sleeping(int producers, int each) {
      this.producers = producers;
      this.each = each;
      queue.awake();
    }

    @Override
    void run(int thread, Bell bell) throws InterruptedException {
      if (thread == 0) {
        own();
        return;
      }
      for (int i = 0; i < each; i++) {
        if (queue.offer(new Item(thread, i))) {
          owner.ring();
        }
      }
    }

    /** As Engine makes its turns. */
    private void own() throws InterruptedException {
      while (taken.size() < producers * each) {
        queue.takeIn();
        if (queue.size() == 0) {
          if (queue.fallAsleep()) {
            owner.await();
          }
          queue.awake();
          queue.takeIn();
        }
        for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
          taken.add((Item) next);
        }
      }
    }

    @Override
    void end() {
      check(queue.isEmpty(), "something is left");
      int[] next = new int[producers + 1];
      for (Item item : taken) {
        check(item.number == next[item.producer]++, "out of order: " + taken);
      }
    }
  }

  private record Item(int producer, int number) implements Runnable {
    @Override
    public void run() {}
  }

  /** Two producers that find the array used up at once. */
  public static final class Full {
    private final RunQueue queue = new RunQueue(new Offers(1));

    public Full() {
      queue.offer(new Item(0, 0));
    }

    @Operation(runOnce = true)
    public void one() {
      queue.offer(new Item(1, 0));
    }

    @Operation(runOnce = true)
    public void other() {
      queue.offer(new Item(2, 0));
    }

    @Validate
    public void end() {
      queue.takeIn();
      Participants.check(queue.size() == 3, "of 3 there are " + queue.size());
    }
  }

  /** The queue as a sequential one would behave; Lincheck makes the histories. */
  public static final class Contents {
    private final RunQueue queue = new RunQueue(new Offers(2));

    @Operation
    public void offer(@Param(gen = IntGen.class) int number) {
      queue.offer(new Item(0, number));
    }

    /** The queue may be cut by a producer that has not filled its slot: then it is not empty. */
    @Operation(nonParallelGroup = "owner")
    public int take() {
      while (true) {
        queue.takeIn();
        Item next = (Item) queue.poll();
        if (next != null) {
          return next.number;
        }
        if (queue.isEmpty()) {
          return -100;
        }
        Thread.onSpinWait();
      }
    }
  }
}
