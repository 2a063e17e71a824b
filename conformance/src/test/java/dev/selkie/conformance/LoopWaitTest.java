package dev.selkie.conformance;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Envelope;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.UdpSocket;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Datagrams;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Scope;
import dev.selkie.runtime.TransferException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Filter;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where something waits on an event loop: what ends the wait, and what is left after it. */
@LoopContract
final class LoopWaitTest extends LoopCases {
  private static final Duration SHORT = Duration.ofMillis(10);

  private EventLoop loop;
  private Connection near;
  private Connection far;
  private Incoming<Connection> incoming;
  private Datagrams datagrams;
  private FullBacklog silent;

  LoopWaitTest(Configuration configuration) {
    super(configuration);
  }

  private void begin() throws IOException {
    loop = started();
    ConnectionPair pair = connections(loop);
    near = pair.near();
    far = pair.far();
    incoming = loop.listen(TcpPair.loopback());
    datagrams = loop.attach(UdpSocket.bind(kernel, TcpPair.loopback()));
    silent = new FullBacklog(configuration, kernel);
  }

  @AfterEach
  void closeBacklog() {
    if (silent != null) {
      silent.close();
    }
  }

  /** Each call that parks, made so that it has to. */
  enum Point {
    READ {
      @Override
      Object park(LoopWaitTest test) throws IOException {
        return test.near.read(ByteBuffer.allocate(1));
      }

      @Override
      AutoCloseable source(LoopWaitTest test) {
        return test.near;
      }
    },
    READ_FULLY {
      @Override
      Object park(LoopWaitTest test) throws IOException {
        test.near.readFully(ByteBuffer.allocate(10));
        return "full";
      }

      @Override
      AutoCloseable source(LoopWaitTest test) {
        return test.near;
      }
    },
    WRITE_FULLY {
      @Override
      Object park(LoopWaitTest test) throws IOException {
        test.near.writeFully(ByteBuffer.allocate(1 << 26)); // more than buffers hold
        return "written";
      }

      @Override
      AutoCloseable source(LoopWaitTest test) {
        return test.near;
      }
    },
    TAKE {
      @Override
      Object park(LoopWaitTest test) throws IOException {
        return test.incoming.take();
      }

      @Override
      AutoCloseable source(LoopWaitTest test) {
        return test.incoming;
      }
    },
    TRANSFER {
      @Override
      Object park(LoopWaitTest test) throws IOException {
        return test.near.transferTo(test.near);
      }

      @Override
      AutoCloseable source(LoopWaitTest test) {
        return test.near;
      }
    },
    RECEIVE {
      @Override
      Object park(LoopWaitTest test) throws IOException {
        return test.datagrams.receive(ByteBuffer.allocate(1));
      }

      @Override
      AutoCloseable source(LoopWaitTest test) {
        return test.datagrams;
      }
    },
    CONNECT {
      @Override
      Object park(LoopWaitTest test) throws IOException {
        return test.loop.connect(test.silent.address());
      }

      @Override
      AutoCloseable source(LoopWaitTest test) {
        throw new AssertionError("nobody has it before it is connected");
      }
    };

    abstract Object park(LoopWaitTest test) throws IOException;

    abstract AutoCloseable source(LoopWaitTest test);
  }

  /** Runs a call in a fiber, and returns when it is parked. */
  private Fiber<Object> parked(Callable<Object> call) {
    Fiber<Object> fiber = loop.fiber(call);
    holds("it is parked", () -> isParked(fiber.thread()));
    return fiber;
  }

  /** Whether a thread waits for an input or output: which the loop tells. */
  private boolean isParked(Thread thread) {
    return loop.waits().stream().anyMatch(wait -> thread.equals(wait.thread()))
        && thread.getState() == Thread.State.WAITING;
  }

  private Throwable failure(Fiber<Object> fiber) throws Exception {
    try {
      throw new AssertionError("it has returned " + result(fiber));
    } catch (ExecutionException e) {
      // Of a transfer: it says which side it was.
      return e.getCause() instanceof TransferException side ? side.getCause() : e.getCause();
    }
  }

  /** Sends something each way, and connects: nothing has become unusable. */
  private void assertUsable() throws Exception {
    CompletableFuture<String> done =
        loop.fiber(
                () -> {
                  Fiber<Object> drain =
                      loop.fiber(() -> {
                        ByteBuffer sink = ByteBuffer.allocate(1 << 16);
                        long sum = 0;
                        do {
                          sum += far.read(sink.clear());
                        } while (sink.get(sink.position() - 1) != 7);
                        return sum;
                      });
                  near.writeFully(ByteBuffer.wrap(new byte[] {7}));
                  drain.join();
                  far.writeFully(ByteBuffer.allocate(3));
                  near.readFully(ByteBuffer.allocate(3));
                  UdpSocket socket = (UdpSocket) datagrams.source();
                  datagrams.send(ByteBuffer.allocate(2), Envelope.to(socket.localAddress()));
                  return datagrams.receive(ByteBuffer.allocate(9)) == 2 ? "usable" : "cut";
                })
            .toCompletableFuture();
    assertThat(result(done)).isEqualTo("usable");
    CompletableFuture<Connection> taken = incoming.takeAsync();
    Connection client = result(loop.connectAsync(localAddress()));
    result(taken).close();
    client.close();
  }

  private java.net.SocketAddress localAddress() {
    return ((TcpListener) incoming.source()).localAddress();
  }

  @ParameterizedTest
  @EnumSource
  void anInterruptEndsTheCallAndLeavesTheSourceUsable(Point point) throws Exception {
    begin();
    Fiber<Object> fiber = parked(() -> point.park(this));
    fiber.thread().interrupt();
    assertThat(failure(fiber)).isInstanceOf(InterruptedIOException.class);
    assertUsable();
  }

  @ParameterizedTest
  @EnumSource
  void anInterruptEndsTheCallOfAPlatformThreadToo(Point point) throws Exception {
    requireThreads();
    begin();
    Background<Object> background = Background.start(() -> point.park(this));
    holds("it is parked", () -> isParked(background.thread()));
    background.thread().interrupt();
    assertThatThrownBy(background::result).isInstanceOf(InterruptedIOException.class);
    assertUsable();
  }

  @ParameterizedTest
  @EnumSource
  void cancellingAFiberEndsItsCallAndLeavesTheSourceUsable(Point point) throws Exception {
    begin();
    Fiber<Object> fiber = parked(() -> point.park(this));
    assertThat(fiber.cancel(true)).isTrue();
    holds("it ends", () -> !fiber.thread().isAlive());
    assertUsable();
  }

  @ParameterizedTest
  @EnumSource
  void theDeadlineOfAScopeEndsTheCallAndLeavesTheSourceUsable(Point point) throws Exception {
    begin();
    Fiber<Object> fiber =
        loop.fiber(() -> {
          try (Scope _ = loop.scope().deadline(SHORT)) {
            return point.park(this);
          }
        });
    assertThat(failure(fiber)).isInstanceOf(SocketTimeoutException.class);
    assertUsable();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CONNECT") // of which nobody has the source
  void closingTheSourceEndsTheCall(Point point) throws Exception {
    begin();
    Fiber<Object> fiber = parked(() -> point.park(this));
    point.source(this).close();
    assertThat(failure(fiber)).isInstanceOf(AsynchronousCloseException.class);
    assertThatThrownBy(
            () -> {
              Fiber<Object> late = loop.fiber(() -> point.park(this));
              throw failure(late);
            })
        .isInstanceOf(ClosedChannelException.class)
        .isNotInstanceOf(AsynchronousCloseException.class);
  }

  @Test
  void aReadThatTimesOutLeavesTheConnectionUsable() throws Exception {
    begin();
    near.readTimeout(SHORT);
    Fiber<Object> fiber = loop.fiber(() -> near.read(ByteBuffer.allocate(1)));
    assertThat(failure(fiber)).isInstanceOf(SocketTimeoutException.class);
    near.readTimeout(Duration.ZERO);
    assertUsable();
  }

  @Test
  void aFutureThatIsCancelledOrTimesOutTouchesNothingAndLeavesTheSourceUsable() throws Exception {
    begin();
    ByteBuffer target = ByteBuffer.allocate(3);
    assertThat(near.readAsync(target).cancel(true)).isTrue();
    CompletableFuture<Integer> late =
        near.readAsync(target).orTimeout(SHORT.toNanos(), TimeUnit.NANOSECONDS);
    assertThatThrownBy(() -> result(late)).hasCauseInstanceOf(TimeoutException.class);
    assertThat(incoming.takeAsync().cancel(true)).isTrue();
    assertThat(loop.connectAsync(silent.address()).cancel(true)).isTrue();
    assertThat(near.transferToAsync(near).cancel(true)).isTrue();
    assertThat(datagrams.receiveAsync(target).cancel(true)).isTrue();
    assertUsable();
    assertThat(target.position()).isZero();
  }

  @Test
  void aListenerWithoutDescriptorsSaysSoOnce() throws Exception {
    FaultyKernel poor = new FaultyKernel(kernel);
    EventLoop other = started(builder(poor));
    Incoming<Connection> listening = other.listen(TcpPair.loopback());
    List<String> said = new CopyOnWriteArrayList<>();
    Logger logger = Logger.getLogger("dev.selkie.runtime");
    Filter listener =
        entry -> {
          said.add(new SimpleFormatter().formatMessage(entry));
          return false;
        };
    logger.setFilter(listener);
    try {
      FaultyKernel.Rule rule = poor.on(SystemCall.ACCEPT).times(3).fail(Errno.EMFILE);
      CompletableFuture<Connection> taken = listening.takeAsync();
      Connection client =
          other.connectAsync(((TcpListener) listening.source()).localAddress()).get(10, SECONDS);
      assertThat(taken.get(10, SECONDS).isOpen() && client.isOpen()).isTrue();
      assertThat(rule.applied()).isEqualTo(3);
    } finally {
      logger.setFilter(null);
    }
    assertThat(said)
        .filteredOn(entry -> entry.contains(listening + ": paused"))
        .singleElement()
        .asString()
        .contains("EMFILE");
  }

  @Test
  void aSleepAJoinAndAScopeEndWithAnInterrupt() throws Exception {
    begin();
    List<Fiber<Object>> waiting = new ArrayList<>();
    Fiber<Object> sleeper =
        loop.fiber(() -> {
          loop.sleep(Duration.ofDays(1));
          return "slept";
        });
    waiting.add(loop.fiber(sleeper::join));
    waiting.add(
        loop.fiber(() -> {
          try (Scope scope = loop.scope()) {
            Fiber<Object> _ =
                scope.fork(() -> {
                  loop.sleep(Duration.ofDays(1));
                  return "slept";
                });
            scope.join();
          }
          return "joined";
        }));
    for (Fiber<Object> fiber : waiting) {
      holds(fiber + " waits", () -> fiber.thread().getState() == Thread.State.WAITING);
      fiber.thread().interrupt();
      assertThat(failure(fiber)).isInstanceOf(InterruptedException.class);
    }
    sleeper.thread().interrupt();
    assertThat(failure(sleeper)).isInstanceOf(InterruptedException.class);
  }

  @Test
  void aWakerIsCalledOnceOutsideLocksAndMayCallAgain() throws Exception {
    begin();
    AtomicInteger wakes = new AtomicInteger();
    CountDownLatch woken = new CountDownLatch(3);
    ByteBuffer target = ByteBuffer.allocate(100);
    class Polling implements Runnable {
      @Override
      public void run() {
        try {
          int n;
          do {
            // From inside a wake it polls, which needs what a lock would guard.
            n = near.pollRead(target, this::wake);
          } while (n != Io.NOT_READY);
        } catch (IOException e) {
          faults.add(e);
        }
      }

      private void wake() {
        wakes.incrementAndGet();
        woken.countDown();
        if (wakes.get() < 3) {
          run();
        }
      }
    }
    loop.execute(new Polling());
    for (int i = 1; i <= 3; i++) {
      int sent = i;
      holds("wake " + i, () -> wakes.get() >= sent - 1);
      result(loop.fiber(() -> far.write(ByteBuffer.allocate(1))));
      holds("wake " + i, () -> wakes.get() >= sent);
    }
    holds("it is woken thrice", () -> woken.getCount() == 0);
    result(loop.fiber(() -> far.write(ByteBuffer.allocate(1))));
    result(loop.submit(() -> "a turn later"));
    assertThat(wakes.get()).as("nobody waits any more").isEqualTo(3);
    assertThat(faults).isEmpty();
  }

  @Seeded
  void noReadinessIsLostWhateverTheStyleAndPace(long seed) throws IOException {
    begin();
    Seeds.run(seed, this::traffic);
  }

  private void traffic(long seed) {
    Random random = new Random(seed);
    int total = 20_000 + random.nextInt(200_000);
    Fiber<Object> writer =
        loop.fiber(() -> {
          for (int left = total; left > 0; ) {
            int n = Math.min(left, 1 + random.nextInt(5_000));
            near.writeFully(ByteBuffer.allocate(n));
            left -= n;
            if (random.nextInt(4) == 0) {
              Fiber.yieldNow();
            }
          }
          return "written";
        });
    Random pace = new Random(~seed);
    Fiber<Object> reader =
        loop.fiber(() -> {
          int sum = 0;
          while (sum < total) {
            ByteBuffer target = ByteBuffer.allocate(1 + pace.nextInt(8_000));
            sum += pace.nextBoolean() ? far.read(target) : far.readAsync(target).get();
          }
          return sum;
        });
    try {
      assertThat(result(reader)).isEqualTo(total);
      assertThat(result(writer)).isEqualTo("written");
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(loop.waits().toString(), e);
    }
  }
}
