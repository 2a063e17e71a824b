package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.net.TcpListener;
import dev.selkie.source.PipePair;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a loop counts, of work that is known. */
@SuppressWarnings("FutureReturnValueIgnored")
final class SnapshotTest {
  private final ManualClock time = new ManualClock();

  @Test
  void turnsCountWhatTheyRun() throws Exception {
    try (EventLoop loop = EventLoop.builder().name("counting").kernel(time).open();
        PipePair pipe = PipePair.open(time)) {
      loop.watch(
          pipe.reader(), Interest.READABLE, (reader, _) -> reader.read(ByteBuffer.allocate(8)));
      for (int i = 0; i < 3; i++) {
        loop.execute(() -> {});
      }
      pipe.writer().write(ByteBuffer.allocate(8));
      loop.runOnce(Duration.ZERO);
      LoopSnapshot seen = loop.snapshot();
      assertThat(seen.name()).isEqualTo("counting");
      assertThat(seen.turns()).isEqualTo(1);
      assertThat(seen.runnables()).isEqualTo(3);
      assertThat(seen.queue().waits()).isEqualTo(1);
      assertThat(seen.queue().events()).isEqualTo(1);
      assertThat(seen.queue().registrations()).isEqualTo(1);
      assertThat(seen.queue().backend()).isEqualTo(loop.engine().queue().backend());
      assertThat(seen.queue().wakes() + seen.queue().spurious()).isZero();
      assertThat(seen.sources())
          .singleElement()
          .satisfies(source -> {
            assertThat(source.source()).isEqualTo(pipe.reader().descriptor().toString());
            assertThat(source.use()).isEqualTo(LoopSnapshot.Use.WATCH);
          });
    }
  }

  @Test
  void timersArePendingThenOverdueThenFired() throws Exception {
    try (EventLoop loop = EventLoop.builder().kernel(time).open()) {
      loop.schedule(() -> {}, 10, TimeUnit.MILLISECONDS);
      loop.schedule(() -> {}, 20, TimeUnit.MILLISECONDS);
      loop.schedule(() -> {}, 1, TimeUnit.DAYS);
      loop.runOnce(Duration.ZERO);
      assertThat(loop.snapshot().timers()).isEqualTo(new LoopSnapshot.Timers(3, 0, 0));
      time.millis(20);
      assertThat(loop.snapshot().timers()).isEqualTo(new LoopSnapshot.Timers(3, 2, 0));
      loop.runOnce(Duration.ZERO);
      assertThat(loop.snapshot().timers()).isEqualTo(new LoopSnapshot.Timers(1, 0, 2));
    }
  }

  @Test
  void wakesAreWaitsThatAnotherThreadEnded() throws Exception {
    try (EventLoop loop = EventLoop.start()) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      for (int i = 1; i <= 3; i++) {
        while (loop.engine().isInTurn() || loop.engine().owner() == null) {
          assertThat(System.nanoTime()).isLessThan(end);
          Thread.onSpinWait();
        }
        loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
      }
      assertThat(loop.submit(() -> loop.snapshot().queue().wakes()).get()).isBetween(3L, 4L);
    }
  }

  @Test
  void bytesAreCountedByConnectionAndStayWhenItIsClosed() throws Exception {
    try (EventLoop loop = EventLoop.start();
        Incoming<Connection> incoming =
            loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      Connection client = loop.connect(((TcpListener) incoming.source()).localAddress());
      Connection server = incoming.take();
      client.writeFully(ByteBuffer.allocate(700));
      server.readFully(ByteBuffer.allocate(700));
      server.writeFullyAsync(ByteBuffer.allocate(30)).join();
      client.readFullyAsync(ByteBuffer.allocate(30)).join();
      assertThat(loop.snapshot().sources())
          .containsExactlyInAnyOrder(
              source(incoming, LoopSnapshot.Use.LISTENER, 1, 0),
              source(client, LoopSnapshot.Use.CONNECTION, 30, 700),
              source(server, LoopSnapshot.Use.CONNECTION, 700, 30));
      assertThat(loop.snapshot().traffic()).isEqualTo(new LoopSnapshot.Traffic(1, 1, 0, 730, 730));
      client.close();
      server.close();
      assertThat(loop.snapshot().traffic()).isEqualTo(new LoopSnapshot.Traffic(1, 1, 2, 730, 730));
    }
  }

  private static LoopSnapshot.Source source(
      Object source, LoopSnapshot.Use use, long received, long sent) {
    return new LoopSnapshot.Source(source.toString(), use, received, sent);
  }

  /** What an interrupted transfer has taken and not handed on is read, and counted, once. */
  @Test
  void bytesThatAreGivenBackAreCountedOnce() throws Exception {
    try (EventLoop loop = EventLoop.start();
        PipePair from = PipePair.open();
        PipePair to = PipePair.open()) {
      ByteBuffer chunk = ByteBuffer.allocate(4096);
      while (to.writer().write(chunk.clear()) > 0) {
        assertThat(chunk.position()).isPositive();
      }
      Input input = loop.attach(from.reader());
      Output full = loop.attach(to.writer());
      from.writer().write(ByteBuffer.allocate(100));
      var transfer = input.transferToAsync(full, 1000);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (input.direction.moved() < 100) {
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.onSpinWait();
      }
      assertThat(transfer.cancel(true)).as("%s", transfer).isTrue();
      assertThat(input.direction.moved()).isZero();
      input.readFully(ByteBuffer.allocate(100));
      assertThat(loop.snapshot().traffic()).isEqualTo(new LoopSnapshot.Traffic(0, 0, 0, 100, 0));
    }
  }

  @Test
  void fibersAreCountedWhileTheyLiveAndWhileTheyWait() throws Exception {
    try (EventLoop loop = EventLoop.builder().mountFibers(true).open()) {
      for (int i = 0; i < 3; i++) {
        loop.fiber(() -> {
          loop.sleep(Duration.ofDays(1));
          return 0;
        });
      }
      loop.fiber(() -> 0);
      loop.runOnce(Duration.ZERO);
      assertThat(loop.snapshot().fibers()).isEqualTo(3);
      assertThat(loop.snapshot().fibersParked()).isEqualTo(3);
    }
  }

  /** The clock of the loop goes on only as a callback sets it. */
  @Test
  void timeIsTakenFromTheFirstSnapshotOn() throws Exception {
    try (EventLoop loop = EventLoop.builder().kernel(time).open()) {
      loop.execute(() -> time.millis(500));
      loop.runOnce(Duration.ZERO);
      LoopSnapshot before = loop.snapshot();
      assertThat(before.timed()).isZero();
      loop.execute(() -> time.millis(600)); // 100 ms
      loop.execute(() -> time.millis(640)); // 40 ms
      loop.runOnce(Duration.ZERO);
      time.millis(700); // outside the loop
      LoopSnapshot after = loop.snapshot();
      assertThat(after.timed()).isEqualTo(Duration.ofMillis(200));
      assertThat(after.worked()).isEqualTo(Duration.ofMillis(140));
      assertThat(after.load(before)).isEqualTo(0.7);
      assertThat(after.longest()).isEqualTo(Duration.ofMillis(100));
      assertThat(after.longestRecent()).isEqualTo(Duration.ofMillis(100));
      assertThat(after.lag()).isEqualTo(Duration.ofMillis(140));
      time.millis(5_000);
      LoopSnapshot later = loop.snapshot();
      assertThat(later.longest()).isEqualTo(Duration.ofMillis(100));
      assertThat(later.longestRecent()).isZero();
      assertThat(later.lag()).isZero();
      assertThat(later.load(after)).isZero();
    }
  }

  @Test
  void aCallbackThatRunsIsSeenWhileItDoes() throws Exception {
    try (EventLoop loop = EventLoop.builder().kernel(time).open()) {
      loop.snapshot();
      LoopSnapshot[] inside = new LoopSnapshot[1];
      loop.execute(() -> {
        time.millis(30);
        inside[0] = loop.snapshot();
      });
      loop.runOnce(Duration.ZERO);
      assertThat(inside[0].longestRecent()).isEqualTo(Duration.ofMillis(30));
      assertThat(inside[0].lag()).isEqualTo(Duration.ofMillis(30));
      assertThat(inside[0].worked()).isEqualTo(Duration.ofMillis(30));
    }
  }

  @Test
  void noTimeIsTakenFiveMinutesAfterTheLastSnapshot() throws Exception {
    try (EventLoop loop = EventLoop.builder().kernel(time).open()) {
      loop.snapshot();
      loop.runOnce(Duration.ZERO);
      loop.execute(() -> time.millis(TimeUnit.MINUTES.toMillis(6)));
      loop.runOnce(Duration.ZERO);
      loop.runOnce(Duration.ZERO);
      loop.execute(() -> time.millis(TimeUnit.MINUTES.toMillis(60)));
      loop.runOnce(Duration.ZERO);
      assertThat(loop.snapshot().timed()).isEqualTo(Duration.ofMinutes(6));
      assertThat(loop.snapshot().worked()).isEqualTo(Duration.ofMinutes(6));
    }
  }

  @Test
  void aGroupTellsOfEachLoop() throws Exception {
    try (EventLoopGroup group = EventLoopGroup.builder().loops(2).name("pair").start()) {
      assertThat(group.snapshot())
          .extracting(LoopSnapshot::name)
          .containsExactlyElementsOf(group.loops().stream().map(EventLoop::name).toList());
    }
  }
}
