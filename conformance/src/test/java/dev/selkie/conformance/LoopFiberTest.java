package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fibers, mounted on the thread of their loop. */
@LoopContract
final class LoopFiberTest extends LoopCases {
  private static final int MANY = 100_000;

  LoopFiberTest(Configuration configuration) {
    super(configuration);
  }

  @Test
  void theLocalsOfAFiberSurviveSuspension() throws Exception {
    EventLoop loop = startedMounting();
    ConnectionPair pair = connections(loop);
    Fiber<List<Object>> fiber =
        loop.fiber(() -> {
          String text = "kept";
          long number = Long.MIN_VALUE + 7;
          double[] array = {Math.PI, -0.0};
          ByteBuffer target = ByteBuffer.allocate(2);
          pair.near().readFully(target); // suspends, twice
          return List.of(text, number, Arrays.toString(array), Thread.currentThread().isVirtual());
        });
    for (int i = 0; i < 2; i++) {
      holds("it is parked", () -> fiber.thread().getState() == Thread.State.WAITING);
      result(loop.fiber(() -> pair.far().write(ByteBuffer.allocate(1))));
    }
    assertThat(result(fiber))
        .containsExactly("kept", Long.MIN_VALUE + 7, "[3.141592653589793, -0.0]", true);
  }

  @Test
  void aHundredThousandFibersAreParkedAtOnce() throws Exception {
    EventLoop loop = startedMounting();
    CountDownLatch gate = new CountDownLatch(1);
    AtomicInteger parked = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    List<Fiber<Object>> fibers = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      fibers.add(
          loop.fiber(() -> {
            parked.incrementAndGet();
            gate.await();
            return ended.incrementAndGet();
          }));
    }
    holds("all are parked", () -> parked.get() == MANY);
    assertThat(ended.get()).isZero();
    gate.countDown();
    holds("all go on", () -> ended.get() == MANY);
    holds("all are done", () -> fibers.stream().allMatch(Fiber::isDone));
  }

  @Test
  void aParkedFiberShowsInADump(@TempDir Path folder) throws Exception {
    EventLoop loop = startedMounting();
    ConnectionPair pair = connections(loop);
    Fiber<Object> fiber = loop.fiber("waits for a byte", () -> read(pair));
    holds("it is parked", () -> fiber.thread().getState() == Thread.State.WAITING);
    assertThat(loop.waits())
        .anyMatch(
            wait -> fiber.thread().equals(wait.thread()) && wait.toString().contains("input of"));
    Path dump = folder.resolve("threads.txt");
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
    String[] after = Files.readString(dump).split("\"waits for a byte\" virtual");
    assertThat(after).as("before it, and from it on").hasSize(2);
    assertThat(after[1].substring(0, after[1].indexOf("\n\n")))
        .contains("dev.selkie.conformance.LoopFiberTest.read(");
    pair.near().close();
  }

  private static Object read(ConnectionPair pair) throws java.io.IOException {
    return pair.near().read(ByteBuffer.allocate(1));
  }
}
