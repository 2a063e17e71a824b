package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random traffic, one-way and both ways, over many connections of mixed kinds and trigger modes,
 * with half-closes and closes at random moments. Every byte is accounted for; a wait that ends by
 * its timeout while a connection is unfinished has lost an event.
 */
@Contract
final class RandomTrafficTest {
  private static final int CONNECTIONS = 60;
  private static final int MOST_BYTES = 200_000;
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final List<Interest> MODES =
      List.of(
          Interest.NONE,
          Interest.NONE.edge(),
          Interest.NONE.oneShot(),
          Interest.NONE.edge().oneShot());

  private final Configuration configuration;
  private final Kernel kernel;

  RandomTrafficTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Seeded
  void everyByteIsAccountedForAndNoEventIsLost(long seed) {
    Seeds.run(seed, this::run);
  }

  private void run(long seed) throws IOException {
    Random random = new Random(seed);
    List<Pair> pairs = new ArrayList<>();
    List<TrafficEnd> ends = new ArrayList<>();
    int batch = List.of(1, 3, 512).get(random.nextInt(3));
    try (EventQueue<TrafficEnd> queue =
        EventQueue.<TrafficEnd>builder()
            .kernel(kernel)
            .backend(configuration.backend())
            .batch(batch)
            .open()) {
      for (int i = 0; i < CONNECTIONS; i++) {
        PairKind kind = PairKind.any(random);
        Pair pair = kind.open(configuration, kernel);
        pairs.add(pair);
        addEnds(ends, pair, random);
      }
      for (TrafficEnd end : ends) {
        end.register(queue);
      }
      serve(queue, ends);
      assertThat(ends).allSatisfy(TrafficEnd::checkAccount);
      assertThat(queue.toString()).contains("0 registrations, 0 rebuilds");
    } finally {
      pairs.forEach(Pair::close);
    }
  }

  private void addEnds(List<TrafficEnd> ends, Pair pair, Random random) {
    boolean broken = random.nextInt(6) == 0;
    TrafficFlow there = new TrafficFlow(random.nextInt(MOST_BYTES), ends.size(), broken);
    TrafficFlow back =
        pair.kind().isDuplex()
            ? new TrafficFlow(random.nextInt(MOST_BYTES), ends.size() + 1, broken)
            : null;
    TrafficEnd writer = new TrafficEnd(pair, pair.writer(), there, back, mode(random), random);
    TrafficEnd reader = new TrafficEnd(pair, pair.reader(), back, there, mode(random), random);
    if (broken) {
      (random.nextBoolean() ? writer : reader).breakAfter(random.nextInt(MOST_BYTES));
    }
    ends.add(writer);
    ends.add(reader);
  }

  private Interest mode(Random random) {
    List<Interest> modes = configuration.offered(MODES);
    return modes.get(random.nextInt(modes.size()));
  }

  private static void serve(EventQueue<TrafficEnd> queue, List<TrafficEnd> ends)
      throws IOException {
    long start = System.nanoTime();
    while (ends.stream().anyMatch(TrafficEnd::isOpen)) {
      Events<TrafficEnd> events = queue.await(PATIENCE);
      boolean late = System.nanoTime() - start > Ready.DEADLINE.toNanos();
      if (late || events.cause() == Events.Cause.TIMEOUT) {
        throw new AssertionError(
            "a lost event, or one for nothing: "
                + ends.stream().filter(TrafficEnd::isOpen).toList());
      }
      for (Event<TrafficEnd> event : events) {
        event.attachment().handle(event);
      }
    }
  }
}
