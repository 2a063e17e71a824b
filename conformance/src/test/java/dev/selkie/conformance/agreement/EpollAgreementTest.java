package dev.selkie.conformance.agreement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.simulation.Freedom;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.simulation.SimulatedNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The machine's epoll and the simulated one, side by side: the same random histories happen to
 * both, and each is checked at every step against one model of what must, may and must not be
 * reported.
 *
 * <p>{@code -Ddev.selkie.histories=N} tries so many, {@code -Ddev.selkie.seed=S} begins with that
 * seed; a failure names both, and the steps that are left of the history after shrinking.
 */
final class EpollAgreementTest {
  private static final int HISTORIES = Integer.getInteger("dev.selkie.histories", 2_000);
  private static final int REHEARSALS = 300;
  private static final int FEW_STEPS = 12;

  /** The cells that a few thousand histories meet in each kernel, unless coverage was lost. */
  private static final int CELLS = 95;

  private static final long PATIENCE = Duration.ofSeconds(2).toNanos();

  /** While shrinking, where most that is missing stays missing. */
  private static final long IMPATIENCE = Duration.ofMillis(30).toNanos();

  /**
   * A kernel to try.
   *
   * @param edges of whom it never tells an edge without a cause
   */
  private record Candidate(String name, World.Edges edges, LongFunction<Kernel> kernels) {
    @Nullable Mismatch run(long seed, History history, Coverage coverage, long patience) {
      World world = new World(kernels.apply(seed), coverage, edges, patience);
      try (world) {
        history.steps().forEach(world::take);
        return null;
      } catch (Mismatch e) {
        return new Mismatch(e.getMessage() + "\n  after " + String.join("\n  ", world.done()));
      }
    }

    /** Runs the history of a seed, and says of a failure what it takes. */
    void check(long seed, Coverage coverage) {
      History history = History.of(seed);
      Mismatch mismatch = run(seed, history, coverage, PATIENCE);
      if (mismatch == null) {
        return;
      }
      History small = history.shrunk(fewer -> run(seed, fewer, new Coverage(), IMPATIENCE) != null);
      Mismatch again = run(seed, small, new Coverage(), IMPATIENCE);
      throw new AssertionError(
          "%s, replay with -Ddev.selkie.histories=1 -Ddev.selkie.seed=%d: %s%s"
              .formatted(name, seed, again == null ? mismatch.getMessage() : again, small));
    }
  }

  private static List<Candidate> candidates() {
    List<Candidate> all = new ArrayList<>();
    if (Kernel.system().facilities().contains(Facility.EPOLL)) {
      all.add(
          new Candidate(
              "the machine's epoll", World.Edges.STRICT_WHERE_SETTLED, _ -> Kernel.system()));
    }
    all.add(new Candidate("simulated epoll", World.Edges.STRICT, _ -> SimulatedKernel.stepping()));
    all.add(
        new Candidate(
            "simulated epoll with every freedom but spurious events",
            World.Edges.LOOSE,
            seed -> free(seed, EnumSet.complementOf(EnumSet.of(Freedom.SPURIOUS_EVENTS)))));
    all.add(
        new Candidate(
            "simulated epoll with every freedom",
            World.Edges.MISLEADING,
            seed -> free(seed, EnumSet.allOf(Freedom.class))));
    return all;
  }

  private static Kernel free(long seed, Set<Freedom> freedoms) {
    return SimulatedKernel.builder()
        .network(
            SimulatedNetwork.builder()
                .seed(seed)
                .allow(freedoms.toArray(Freedom[]::new))
                .latency(Duration.ofNanos(1), Duration.ofMillis(2))
                .callTime(Duration.ofNanos(20_000)) // or none passes while anything is ready
                .build())
        .build();
  }

  @Test
  @Timeout(7200) // a campaign of a million; what hangs is found by the patience of each wait
  void theMachinesAndTheSimulatedEpollBothDoWhatTheModelSays() {
    long first = Long.getLong("dev.selkie.seed", ThreadLocalRandom.current().nextInt());
    for (Candidate candidate : candidates()) {
      Coverage coverage = new Coverage();
      for (int i = 0; i < HISTORIES; i++) {
        candidate.check(first + i, coverage);
      }
      System.out.printf(
          "%s: %d histories from seed %d, %d cells of mode x source x condition%n",
          candidate.name, HISTORIES, first, coverage.count());
      if (HISTORIES >= 2_000) {
        assertThat(coverage.count())
            .as("cells of %s:%n%s", candidate.name, coverage)
            .isGreaterThanOrEqualTo(CELLS);
      }
    }
  }

  /** A model that finds nothing would agree with everything. */
  @ParameterizedTest
  @EnumSource
  void anAlteredEpollIsFoundAndItsHistoryIsShrunk(AlteredEpoll.Bug bug) {
    Candidate altered =
        new Candidate(
            bug.name(), World.Edges.STRICT, _ -> new AlteredEpoll(SimulatedKernel.stepping(), bug));
    for (long seed = 1; seed <= REHEARSALS; seed++) {
      long tried = seed;
      History history = History.of(seed);
      if (altered.run(seed, history, new Coverage(), IMPATIENCE) != null) {
        History small =
            history.shrunk(fewer -> altered.run(tried, fewer, new Coverage(), IMPATIENCE) != null);
        assertThat(small.steps()).as("%s%s", bug, small).hasSizeLessThanOrEqualTo(FEW_STEPS);
        return;
      }
    }
    throw new AssertionError(bug + " is not found in " + REHEARSALS + " histories");
  }
}
