package dev.selkie.conformance.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.conformance.DescriptorLeaks;
import dev.selkie.conformance.Until;
import dev.selkie.kernel.Kernel;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.EventLoopGroup;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers and clients of all styles on loops where everything goes wrong at once: code that throws
 * and blocks, interrupts, closes and cancels wherever it can; no descriptors; peers that reset,
 * stall, half-close, send urgent bytes, send byte by byte, flood, and never read. Nobody waits in
 * vain, no byte is lost or comes twice, deadlines are kept, and nothing is left afterwards.
 *
 * <p>{@code -Ddev.selkie.soak.seconds=N} says how long, {@code -Ddev.selkie.seed=N} by which seed:
 * the choices follow from it, the paces of threads do not.
 */
final class SoakTest {
  private static final Duration TIME =
      Duration.ofSeconds(Long.getLong("dev.selkie.soak.seconds", 20));
  private static final Duration WARM_UP = Duration.ofSeconds(2);
  private static final Duration GRACE = Duration.ofSeconds(4);
  private static final int LOOPS = 3;
  private static final long MOST_GROWTH_BYTES = 24L << 20;

  /** What must have happened for this to be a soak. */
  private static final List<String> KINDS =
      List.of(
          "a fiber of nobody throws",
          "a fiber throws",
          "a handler throws",
          "a stage throws",
          "a task throws",
          "a timer throws",
          "an interval throws",
          "offloaded work throws",
          "a task blocks its loop",
          "a loop is interrupted",
          "a fiber is interrupted",
          "a read is interrupted",
          "a handler closes",
          "a connection is closed in a callback",
          "a connect is cancelled",
          "a read is cancelled",
          "a take is cancelled",
          "a timer is cancelled",
          "a fiber is cancelled",
          "a future times out",
          "accept without a descriptor",
          "a waker is called",
          "parking is refused on the loop",
          "a conversation",
          "a scope ends by itself",
          "a scope fails of Misbehaviour",
          "a scope fails of TimeoutException",
          "a scope fails of CancellationException",
          "a peer resets",
          "a peer stalls",
          "a peer half-closes",
          "a peer sends an urgent byte",
          "a peer sends byte by byte",
          "a peer never reads",
          "a peer floods",
          "a peer converses");

  private final Tally tally = new Tally();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void everythingGoesWrongAtOnceAndNothingIsLeft() throws Exception {
    Long replayed = Long.getLong("dev.selkie.seed");
    long seed = replayed == null ? ThreadLocalRandom.current().nextInt(1, 1 << 30) : replayed;
    System.out.println("soak of " + TIME.toSeconds() + " s, -Ddev.selkie.seed=" + seed);
    soak(WARM_UP, ~seed); // what the JDK keeps for ever is opened and started
    Map<String, String> descriptors = DescriptorLeaks.open();
    Map<String, Integer> alive = platformThreads();
    long used = usedBytes();
    soak(TIME, seed);
    System.out.println(tally);
    Until.holds("the descriptors it began with: " + descriptors, () -> isOpen(descriptors));
    Until.holds("the threads it began with: " + alive, () -> isPart(platformThreads(), alive));
    Until.holds("fibers end", () -> tally.of("fibers begun") == tally.of("fibers ended"));
    assertThat(usedBytes() - used).as("bytes that are left").isLessThan(MOST_GROWTH_BYTES);
    if (TIME.toSeconds() >= 15) {
      assertThat(KINDS).allMatch(kind -> tally.of(kind) > 0);
    }
  }

  private void soak(Duration time, long seed) throws Exception {
    PoorKernel kernel = new PoorKernel(Kernel.system(), tally);
    threads.clear();
    try (ExecutorService elsewhere = Executors.newFixedThreadPool(2)) {
      EventLoopGroup group = start(kernel, elsewhere);
      try (EchoServers servers = new EchoServers(group, kernel, tally, new Random(seed))) {
        Mischief mischief =
            new Mischief(group, threads, servers.addresses(), kernel, tally, new Random(seed + 1));
        try (Peers _ = new Peers(servers.addresses(), tally, seed)) {
          play(mischief, time, new Random(seed + 2));
        }
      } finally {
        long began = System.nanoTime();
        group.close(GRACE);
        tally.deadline(
            "close",
            Math.max(0, System.nanoTime() - began - GRACE.toNanos()),
            Mischief.MOST_LATE_NANOS);
      }
      checkProblems();
      assertThat(group.loops()).allMatch(EventLoop::isTerminated);
      assertThat(group.loops()).allMatch(loop -> loop.waits().isEmpty());
    }
  }

  private EventLoopGroup start(Kernel kernel, ExecutorService elsewhere) throws IOException {
    AtomicInteger loops = new AtomicInteger();
    return EventLoopGroup.builder()
        .loops(LOOPS)
        .name("soak")
        .threadFactory(body -> {
          Thread thread = Thread.ofPlatform().name("soak").unstarted(body);
          threads.add(thread);
          return thread;
        })
        .eachLoop(loop ->
            loop.kernel(kernel)
                .offloadTo(elsewhere)
                .mountFibers(loops.getAndIncrement() > 0) // one has its fibers in parallel
                .uncaughtExceptionHandler((_, e) -> uncaught(e)))
        .start();
  }

  private void uncaught(Throwable e) {
    if (!(e instanceof Misbehaviour)) {
      tally.problem("nobody catches", e);
    }
  }

  private void play(Mischief mischief, Duration time, Random random) {
    long end = System.nanoTime() + time.toNanos();
    long look = System.nanoTime();
    while (System.nanoTime() - end < 0) {
      mischief.play();
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200 + random.nextInt(4000)));
      if (System.nanoTime() - look > TimeUnit.SECONDS.toNanos(1)) {
        look = System.nanoTime();
        checkProblems();
      }
    }
  }

  private void checkProblems() {
    if (!tally.problems().isEmpty()) {
      AssertionError failure = new AssertionError(tally.problems().size() + " problems; " + tally);
      tally.problems().forEach(failure::addSuppressed);
      throw failure;
    }
  }

  private static boolean isOpen(Map<String, String> descriptors) {
    try {
      return DescriptorLeaks.open().equals(descriptors);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Platform threads that are not the JDK's own, by name without numbers: how many. */
  private static Map<String, Integer> platformThreads() {
    Map<String, Integer> counts = new TreeMap<>();
    Predicate<String> ofTheJdk =
        name ->
            name.startsWith("ForkJoinPool")
                || name.startsWith("VirtualThread")
                || name.contains("Poller")
                || name.startsWith("CompletableFuture");
    Thread.getAllStackTraces().keySet().stream()
        .map(thread -> thread.getName().replaceAll("[0-9]+", "N"))
        .filter(ofTheJdk.negate())
        .forEach(name -> counts.merge(name, 1, Integer::sum));
    return counts;
  }

  private static boolean isPart(Map<String, Integer> now, Map<String, Integer> before) {
    return now.entrySet().stream()
        .allMatch(entry -> entry.getValue() <= before.getOrDefault(entry.getKey(), 0));
  }

  private static long usedBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
