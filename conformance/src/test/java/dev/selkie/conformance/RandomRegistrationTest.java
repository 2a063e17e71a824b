package dev.selkie.conformance;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Random sequences of register, modify, rearm, cancel, close, duplicate and adopt, of arrivals,
 * reads and hang-ups, against a model that knows for each wait who must, may and must not be
 * reported.
 */
@Contract
final class RandomRegistrationTest {
  private static final int STEPS = 10_000;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Configuration configuration;
  private final Kernel kernel;

  RandomRegistrationTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Seeded
  void whoMustMayAndMustNotBeReported(long seed) {
    Seeds.run(seed, this::run);
  }

  private void run(long seed) throws IOException {
    Random random = new Random(seed);
    try (EventQueue<ModelHandle.Tag> queue = configuration.queue(kernel);
        RegistrationModel model = new RegistrationModel(configuration, kernel, queue, random)) {
      for (int step = 0; step < STEPS; step++) {
        model.change();
        if (random.nextInt(3) == 0) {
          check(queue, model, random);
        }
      }
      check(queue, model, random);
      if (!queue.toString().contains(" 0 rebuilds")) {
        throw new AssertionError("nothing here outlives its registration: " + queue);
      }
    }
  }

  /** Waits until all that must be reported was, and once more for what is so at each wait. */
  private static void check(
      EventQueue<ModelHandle.Tag> queue, RegistrationModel model, Random random)
      throws IOException {
    Set<ModelHandle> due = new HashSet<>(model.due());
    long start = System.nanoTime();
    deliver(queue, model, random, due, Duration.ZERO);
    due.retainAll(model.due()); // what a handler closed or cancelled is owed nothing
    while (!due.isEmpty()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("not reported: " + due);
      }
      deliver(queue, model, random, due, PATIENCE);
      due.retainAll(model.due());
    }
    Set<ModelHandle> left = new HashSet<>(model.dueAtEachWait());
    deliver(queue, model, random, left, Duration.ZERO);
    left.retainAll(model.dueAtEachWait());
    if (!left.isEmpty()) {
      throw new AssertionError("level-triggered and not reported again: " + left);
    }
  }

  private static void deliver(
      EventQueue<ModelHandle.Tag> queue,
      RegistrationModel model,
      Random random,
      Set<ModelHandle> due,
      Duration timeout)
      throws IOException {
    Set<ModelHandle> seen = new HashSet<>();
    for (Event<ModelHandle.Tag> event : queue.await(timeout)) {
      ModelHandle handle = event.attachment().handle();
      if (!seen.add(handle)) {
        throw new AssertionError("twice in a batch: " + handle);
      }
      handle.reported(event);
      due.remove(handle);
      if (!due.isEmpty() && random.nextInt(10) == 0) {
        model.endOne(); // perhaps one whose event is later in this batch
      }
    }
  }
}
