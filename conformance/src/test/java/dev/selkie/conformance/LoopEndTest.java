package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Interest;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.ClosedLoopException;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.Watch;
import dev.selkie.runtime.WriteQueue;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What throws on an event loop, and how loops end. */
@LoopContract
final class LoopEndTest extends LoopCases {
  private static final int CHUNK = 1 << 16;
  private static final long CHUNKS = 64;

  LoopEndTest(Configuration configuration) {
    super(configuration);
  }

  @Test
  void whatThrowsIsReportedAndTheLoopLives() throws Exception {
    EventLoop loop = started();
    RuntimeException thrown = new IllegalStateException("thrown by a test");
    try (PipePair pipe = PipePair.open(kernel)) {
      CountDownLatch told = new CountDownLatch(1);
      loop.execute(() -> {
        throw thrown;
      });
      Watch watch =
          loop.watch(
              pipe.reader(),
              Interest.READABLE.oneShot(),
              (_, _) -> {
                told.countDown();
                throw new IOException("thrown by a handler");
              });
      Bytes.send(pipe.writer(), 1);
      holds("the handler is told", () -> told.getCount() == 0);
      Future<?> scheduled =
          loop.schedule(
              () -> {
                throw thrown;
              },
              0,
              TimeUnit.NANOSECONDS);
      assertThatThrownBy(() -> result(scheduled)).hasCause(thrown);
      Fiber<Object> fiber =
          loop.fiber(() -> {
            throw thrown;
          });
      assertThatThrownBy(() -> result(fiber)).hasCause(thrown);
      assertThat(result(loop.submit(() -> "alive"))).isEqualTo("alive");
      assertThat(faults).hasSize(2).contains(thrown);
      assertThat(watch.cancel()).isTrue();
    }
  }

  @Test
  void aClosedLoopWakesEveryWaiterWithAnErrorThatSaysSo() throws Exception {
    EventLoop loop = started();
    ConnectionPair pair = connections(loop);
    Incoming<Connection> incoming = loop.listen(TcpPair.loopback());
    CompletableFuture<Integer> future = pair.far().readAsync(ByteBuffer.allocate(1));
    List<Fiber<Object>> fibers = new ArrayList<>();
    fibers.add(loop.fiber(() -> pair.near().read(ByteBuffer.allocate(1))));
    fibers.add(loop.fiber(incoming::take));
    Fiber<Object> sleeper =
        loop.fiber(() -> {
          loop.sleep(Duration.ofDays(1));
          return "slept";
        });
    holds("all wait", () -> loop.waits().size() >= 4);
    loop.close();
    for (Fiber<Object> fiber : fibers) {
      assertThatThrownBy(() -> result(fiber))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> result(sleeper)).hasCauseInstanceOf(InterruptedException.class);
    assertThatThrownBy(() -> result(future)).hasCauseInstanceOf(ClosedLoopException.class);
    assertThatThrownBy(() -> pair.near().read(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedLoopException.class);
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void shutdownRunsWhatIsThereAndClosesTheListeners() throws Exception {
    EventLoop loop = started();
    TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
    Incoming<Connection> incoming = loop.listen(listener);
    CompletableFuture<Connection> waiting = incoming.takeAsync();
    Future<String> delayed = loop.schedule(() -> "in time", 20, TimeUnit.MILLISECONDS);
    loop.shutdown();
    assertThat(result(delayed)).isEqualTo("in time");
    holds("it ends", loop::isTerminated);
    assertThat(listener.isOpen()).isFalse();
    assertThatThrownBy(() -> result(waiting)).hasCauseInstanceOf(ClosedLoopException.class);
  }

  @Test
  void anOrderlyCloseKeepsItsDeadlineAlthoughAFiberDoesNot() throws Exception {
    EventLoop loop = started();
    ConnectionPair pair = connections(loop);
    Fiber<Object> reader = loop.fiber(() -> pair.near().read(ByteBuffer.allocate(1)));
    holds("it waits", () -> loop.waits().stream().anyMatch(wait -> wait.thread() != null));
    long began = kernel.clock().nanoTime();
    assertThat(loop.close(Duration.ofMillis(200))).as("ended by itself").isFalse();
    assertThat(Duration.ofNanos(kernel.clock().nanoTime() - began))
        .isBetween(Duration.ofMillis(150), Ready.DEADLINE);
    assertThat(loop.isTerminated()).isTrue();
    assertThatThrownBy(() -> result(reader)).hasCauseInstanceOf(IOException.class);
  }

  @Test
  void anOrderlyCloseWritesWhatWaitsForASlowReader() throws Exception {
    EventLoop loop = started();
    EventLoop other = started();
    TcpPair pair = TcpPair.open(configuration, kernel);
    Connection reader = other.attach(pair.server());
    WriteQueue queue = loop.attach(pair.client()).writeQueue(0, CHUNKS * CHUNK);
    for (int i = 0; i < CHUNKS; i++) {
      assertThat(queue.offer(ByteBuffer.allocate(CHUNK))).isTrue();
    }
    loop.shutdown();
    CompletableFuture<Long> count = countToTheEnd(reader, ByteBuffer.allocate(CHUNK), 0);
    assertThat(result(count)).isEqualTo(CHUNKS * CHUNK);
    holds("it ends", loop::isTerminated);
  }

  private static CompletableFuture<Long> countToTheEnd(
      Connection reader, ByteBuffer buffer, long before) {
    return reader
        .readAsync(buffer.clear())
        .thenCompose(n ->
            n < 0
                ? CompletableFuture.completedFuture(before)
                : countToTheEnd(reader, buffer, before + n));
  }

  @Test
  void whoWaitsForInputDoesNotHoldAnOrderlyCloseUp() throws Exception {
    EventLoop loop = started();
    ConnectionPair pair = connections(loop);
    CompletableFuture<Integer> reading = pair.near().readAsync(ByteBuffer.allocate(1));
    assertThat(loop.close(Duration.ofDays(1))).as("ended by itself").isTrue();
    assertThatThrownBy(() -> result(reading)).hasCauseInstanceOf(ClosedLoopException.class);
  }

  @Test
  void wakersThatThrowAtTheEndKeepNothingFromEnding() throws Exception {
    EventLoop loop = started();
    ConnectionPair pair = connections(loop);
    Waker waker = () -> loop.execute(() -> {}); // refused at the end
    pair.near().pollRead(ByteBuffer.allocate(1), waker);
    pair.far().pollRead(ByteBuffer.allocate(1), waker);
    loop.close();
    assertThat(pair.near().isOpen()).isFalse();
    assertThat(pair.far().isOpen()).isFalse();
    assertThat(faults).hasSize(2).hasOnlyElementsOfType(RejectedExecutionException.class);
  }

  @Test
  void aFarTimerHurriesNobodyAndHoldsNothingUp() throws Exception {
    requireThreads();
    EventLoop loop = started();
    CountDownLatch mayEnd = new CountDownLatch(1);
    CompletableFuture<Duration> slept = new CompletableFuture<>();
    Future<?> far = loop.schedule(() -> {}, 1, TimeUnit.DAYS);
    Fiber<Object> stubborn =
        loop.fiber(() -> {
          try {
            mayEnd.await();
          } catch (InterruptedException e) {
            long began = kernel.clock().nanoTime();
            loop.sleep(Duration.ofMillis(50));
            slept.complete(Duration.ofNanos(kernel.clock().nanoTime() - began));
          }
          mayEnd.await(); // longer than the loop lives
          return "ended";
        });
    holds("it waits", () -> stubborn.thread().getState() == Thread.State.WAITING);
    loop.close();
    assertThat(far.isCancelled()).isTrue();
    assertThat(result(slept)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
    mayEnd.countDown();
    assertThat(stubborn.thread().join(Ready.DEADLINE)).isTrue();
  }

  @Test
  void closingWhileFibersSitInTheJdkLeavesOtherVirtualThreadsWorking() throws Exception {
    requireThreads();
    Object monitor = new Object();
    EventLoop loop = startedMounting();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket peer = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      List<Fiber<Object>> fibers = new ArrayList<>();
      fibers.add(loop.fiber(() -> accepted.getInputStream().read()));
      fibers.add(
          loop.fiber(() -> {
            Thread.sleep(Duration.ofDays(1));
            return "slept";
          }));
      synchronized (monitor) {
        fibers.add(
            loop.fiber(() -> {
              synchronized (monitor) {
                return "entered";
              }
            }));
        for (Fiber<Object> fiber : fibers) {
          holds(
              fiber + " waits",
              () ->
                  switch (fiber.thread().getState()) {
                    case WAITING, TIMED_WAITING, BLOCKED -> true;
                    default -> false;
                  });
        }
        loop.close();
      }
      for (Fiber<Object> fiber : fibers) {
        assertThat(fiber.thread().join(Ready.DEADLINE)).as(fiber.toString()).isTrue();
      }
      assertThat(peer.isConnected()).isTrue();
    }
    VirtualThreads.assertThatTheyWork();
  }
}
