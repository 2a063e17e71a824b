package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.Io;
import dev.selkie.Source;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A peer that sends faster than it is read, and takes faster than is written: nobody ever waits.
 */
final class FloodTest {
  private final Kernel kernel = new Copying();
  private final AtomicLong results = new AtomicLong();
  private EventLoop loop;
  private PipePair ready;
  private Input input;
  private Output output;

  /** The machine's kernel without what would have a transfer pass the scripted ends. */
  private static final class Copying extends ForwardingKernel {
    Copying() {
      super(Kernel.system());
    }

    @Override
    public Set<Facility> facilities() {
      return Set.of();
    }
  }

  /** An end that is always ready, on the descriptor of one that is. */
  private abstract static class Endless implements Source {
    private final Source ready;

    Endless(Source ready) {
      this.ready = ready;
    }

    @Override
    public Descriptor descriptor() {
      return ready.descriptor();
    }

    @Override
    public boolean isOpen() {
      return ready.isOpen();
    }

    @Override
    public void close() {
      ready.close();
    }

    /** As though all that there is room for had been moved. */
    static int all(ByteBuffer buffer) {
      int n = buffer.remaining();
      buffer.position(buffer.limit());
      return n;
    }
  }

  private final class Flood extends Endless implements ByteInput {
    Flood(Source ready) {
      super(ready);
    }

    @Override
    public int read(ByteBuffer target) {
      results.incrementAndGet();
      return all(target);
    }

    @Override
    public long read(ByteBuffer[] targets, int first, int count) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long read(MemorySegment target) {
      throw new UnsupportedOperationException();
    }
  }

  private final class Drain extends Endless implements ByteOutput {
    Drain(Source ready) {
      super(ready);
    }

    @Override
    public int write(ByteBuffer source) {
      results.incrementAndGet();
      return all(source);
    }

    @Override
    public long write(ByteBuffer[] sources, int first, int count) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long write(MemorySegment source) {
      throw new UnsupportedOperationException();
    }
  }

  @BeforeEach
  void open() throws IOException {
    loop = EventLoop.builder().kernel(kernel).mountFibers(true).start();
    ready = PipePair.open(kernel);
    ready.writer().write(ByteBuffer.allocate(1));
    input = loop.attach(new Flood(ready.reader()));
    output = loop.attach(new Drain(ready.writer()));
  }

  @AfterEach
  void close() {
    loop.close();
    ready.close();
  }

  /** What goes on until it is cancelled or interrupted. */
  private Callable<Object> operation(String name) {
    ByteBuffer buffer = ByteBuffer.allocate(100);
    return switch (name) {
      case "read" ->
          () -> {
            while (true) {
              input.read(buffer.clear());
            }
          };
      case "write" ->
          () -> {
            while (true) {
              output.write(buffer.clear());
            }
          };
      default -> () -> input.transferTo(output);
    };
  }

  private static Throwable failure(Fiber<?> fiber) throws Exception {
    try {
      throw new AssertionError("it has returned " + fiber.get(10, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"read", "write", "transfer"})
  void othersOfTheLoopGoOnWithinTheBound(String name) throws Exception {
    Fiber<Object> flooded = loop.fiber(operation(name));
    Fiber<Long> other =
        loop.fiber(() -> {
          long most = 0;
          for (int i = 0; i < 100; i++) {
            long before = results.get();
            Fiber.yieldNow();
            most = Math.max(most, results.get() - before);
          }
          return most;
        });
    // A transfer has a result of each of the two sides in turn.
    long bound = Direction.RESULTS * (name.equals("transfer") ? 2L : 1L) + 1;
    assertThat(other.get(10, TimeUnit.SECONDS)).isBetween(1L, bound);
    assertThat(loop.schedule(() -> 7, 1, TimeUnit.MILLISECONDS).get(10, TimeUnit.SECONDS))
        .isEqualTo(7);
    assertThat(flooded.isDone()).isFalse();
    flooded.thread().interrupt();
    assertThat(failure(flooded)).isInstanceOf(InterruptedIOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"read", "write", "transfer"})
  void theDeadlineOfAScopeIsKept(String name) throws Exception {
    Callable<Object> withinScope =
        () -> {
          try (Scope _ = loop.scope().deadline(Duration.ofMillis(5))) {
            return operation(name).call();
          }
        };
    assertThat(failure(loop.fiber(withinScope))).isInstanceOf(SocketTimeoutException.class);
    assertThatThrownBy(withinScope::call).isInstanceOf(SocketTimeoutException.class);
  }

  /** A task by hand that goes on while anything is ready, and ends when it is cancelled. */
  private Task<Object> task(String name) {
    ByteBuffer buffer = ByteBuffer.allocate(100);
    return waker -> {
      int n;
      do {
        n =
            name.equals("read")
                ? input.pollRead(buffer.clear(), waker)
                : output.pollWrite(buffer.clear(), waker);
      } while (n != Io.NOT_READY);
      return Poll.pending();
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"read", "write"})
  void othersOfTheLoopGoOnBesideATask(String name) throws Exception {
    CompletableFuture<Object> flooded = loop.run(task(name));
    long most = 0;
    for (int i = 0; i < 100; i++) {
      most = Math.max(most, loop.submit(() -> results.getAndSet(0)).get(10, TimeUnit.SECONDS));
    }
    assertThat(most).isPositive();
    assertThat(loop.schedule(() -> 7, 1, TimeUnit.MILLISECONDS).get(10, TimeUnit.SECONDS))
        .isEqualTo(7);
    long before = results.get();
    while (results.get() < before + 10L * Direction.RESULTS) { // woken again and again
      Thread.onSpinWait();
    }
    flooded.cancel(true);
    loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
    loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
    before = results.get();
    loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
    assertThat(results.get()).as("after the end").isEqualTo(before);
  }

  @Test
  void aPollGoesOnForSoManyOperationsInARow() throws Exception {
    ByteBuffer buffer = ByteBuffer.allocate(100);
    CompletableFuture<Integer> woken = new CompletableFuture<>();
    int polled =
        loop.submit(
                () -> {
                  int n = 0;
                  while (output.pollWrite(buffer.clear(), () -> woken.complete(1))
                      != Io.NOT_READY) {
                    n++;
                  }
                  assertThat(woken).as("woken inside").isNotDone();
                  return n;
                })
            .get(10, TimeUnit.SECONDS);
    assertThat(polled).isEqualTo(Direction.RESULTS);
    assertThat(woken.get(10, TimeUnit.SECONDS)).isOne();
    assertThat(output.pollWrite(buffer.flip().limit(0), () -> {})).as("of nothing").isZero();
  }

  @Test
  void aPlatformThreadCanBeInterrupted() throws IOException {
    input.read(ByteBuffer.allocate(1)); // until it is known to be ready
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> operation("read").call())
        .isInstanceOf(InterruptedIOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
    assertThat(results.get()).isBetween(2L, Direction.RESULTS + 1L);
  }
}
