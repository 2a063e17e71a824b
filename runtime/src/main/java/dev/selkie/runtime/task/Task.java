package dev.selkie.runtime.task;

import dev.selkie.Io;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Input;
import dev.selkie.runtime.Output;
import dev.selkie.runtime.Waker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Work that is polled: each poll goes as far as it can without waiting, and has a waker called when
 * it can go on.
 *
 * <p>It is lazy: nothing happens before the first poll, and nothing after the last. {@link
 * EventLoop#run(Task)} has a loop poll it until its end, {@link #start} another executor. A task by
 * hand keeps in its fields what it needs between two polls, and costs nothing else:
 *
 * <pre>{@code
 * final class Echo implements Task<Void> {
 *   private final Connection connection;
 *   private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096).limit(0); // what is to be sent
 *
 *   public Poll<Void> poll(Waker waker) throws IOException {
 *     while (true) {
 *       while (buffer.hasRemaining()) {
 *         if (connection.pollWrite(buffer, waker) == Io.NOT_READY) {
 *           return Poll.pending();
 *         }
 *       }
 *       int n = connection.pollRead(buffer.clear(), waker);
 *       buffer.flip();
 *       if (n == Io.NOT_READY) {
 *         return Poll.pending();
 *       }
 *       if (n == Io.END) {
 *         return Poll.ready(null);
 *       }
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p><b>Rules.</b> A task is polled by one thread at a time, which need not be the same one; who
 * calls {@link #poll} himself sees to that, {@code run}, {@code start} and the tasks of this
 * package do. After it was ready, has thrown, or was cancelled it is not polled again: those of
 * this package answer with {@link IllegalStateException}. A pending one calls the waker of the last
 * poll; it may call it without need, and from inside the poll.
 *
 * <p><b>Results that nobody takes.</b> When a task is given up, what it had come to in the meantime
 * is closed if it is {@link AutoCloseable}, such as a connection: the result of a future that was
 * done before it could be cancelled, of a poll after the end's future was completed by somebody
 * else, and those of {@link #joinAll} before one has failed.
 *
 * <p><b>What is thrown at the end.</b> A failure is not hidden by what {@link #cancel} or the last
 * of {@link #ensure} throws after it: that is suppressed in it. All that is to be cancelled is.
 *
 * @param <T> the type of what it comes to
 */
@FunctionalInterface
public interface Task<T extends @Nullable Object> {
  /**
   * Goes on.
   *
   * @param waker is called when it is worth to poll again, if this returns {@link Poll#pending}
   * @throws Exception if the task fails: that is its end
   */
  Poll<T> poll(Waker waker) throws Exception;

  /**
   * Gives it up before its end, and lets go what it holds: closes, takes back, cancels what it
   * waits for. Called where it might be polled, and instead; also if it was never polled.
   */
  default void cancel() {}

  // Running

  /**
   * Has an executor poll it until its end, in a run each time that it is woken; {@link
   * EventLoop#run(Task)} is the same for a loop.
   *
   * @return the future of its end; completing it, or cancelling, cancels the task. It fails with
   *     {@link java.util.concurrent.RejectedExecutionException} if the executor takes no more
   */
  default CompletableFuture<T> start(Executor executor) {
    return start(executor, new CompletableFuture<>());
  }

  /** Has an executor poll it, and complete a future; see {@link #start(Executor)}. */
  default CompletableFuture<T> start(Executor executor, CompletableFuture<T> end) {
    new TaskRun<>(this, executor, end).start();
    return end;
  }

  // Making

  /** A task that is ready at its first poll. */
  static <T extends @Nullable Object> Task<T> of(T value) {
    return new Step<>(_ -> Poll.ready(value), _ -> {});
  }

  /** A task that fails at its first poll. */
  static <T extends @Nullable Object> Task<T> failed(Exception failure) {
    return new Step<>(
        _ -> {
          throw failure;
        },
        _ -> {});
  }

  /** A task that is made when it is polled first. */
  static <T extends @Nullable Object> Task<T> defer(Callable<? extends Task<T>> maker) {
    return new Deferred<>(maker);
  }

  /** A task that comes to what a future does, and cancels it when it is cancelled itself. */
  static <T extends @Nullable Object> Task<T> from(CompletableFuture<T> future) {
    return new OfFuture<>(future, future);
  }

  /** A task that comes to what a fiber does, and cancels it when it is cancelled itself. */
  static <T> Task<T> from(Fiber<T> fiber) {
    return new OfFuture<>(fiber.toCompletableFuture(), fiber);
  }

  /** A task that is pending for a time, by the clock of a loop. */
  static Task<@Nullable Void> sleep(EventLoop loop, Duration time) {
    return defer(() -> from(loop.sleepAsync(time)));
  }

  /** Reads what there is: as {@link Input#pollRead}, without {@link Io#NOT_READY}. */
  static Task<Integer> read(Input input, ByteBuffer target) {
    return new Step<>(
        waker -> {
          int n = input.pollRead(target, waker);
          return n == Io.NOT_READY ? Poll.pending() : Poll.ready(n);
        },
        input::forget);
  }

  /** Writes all of a buffer. */
  static Task<@Nullable Void> write(Output output, ByteBuffer source) {
    return new Step<>(new Writing(output, source), output::forget);
  }

  /** Takes the next item. */
  static <T> Task<T> take(Incoming<T> incoming) {
    return new Step<>(
        waker -> {
          T item = incoming.poll(waker);
          return item == null ? Poll.pending() : Poll.ready(item);
        },
        incoming::forget);
  }

  // Combining

  /** What this one comes to, changed. */
  default <U extends @Nullable Object> Task<U> map(Function<? super T, ? extends U> change) {
    return then(value -> of(change.apply(value)));
  }

  /**
   * This one, and then the one that follows from what it comes to.
   *
   * <p>However many follow, it takes no more stack, and one that leads to itself ({@code step() =
   * read.then(_ -> step())}) no more memory; with {@link #recover}, {@link #ensure} or {@link
   * #withTimeout} around each it does: use {@link #repeat} for them. After 64 that were ready at
   * once it is pending and woken, so that others go on.
   */
  default <U extends @Nullable Object> Task<U> then(Function<? super T, ? extends Task<U>> next) {
    return new Sequence<>(this, next);
  }

  /** This one, and if it fails the one that follows from its failure. */
  default Task<T> recover(Function<? super Exception, ? extends Task<T>> next) {
    return new Recovered<>(this, next);
  }

  /**
   * This one, and then what is done last, however it ended: also if it was cancelled. What that
   * throws is its failure, as with {@code finally}.
   */
  default Task<T> ensure(Runnable last) {
    return new Ensured<>(this, last);
  }

  /**
   * This one, or {@link java.util.concurrent.TimeoutException} if it takes longer than a time from
   * its first poll, by the clock of a loop: then it is cancelled.
   */
  default Task<T> withTimeout(EventLoop loop, Duration time) {
    return new Limited<>(this, loop, time);
  }

  /**
   * One after the other, each made when the one before has come to true. After 64 that were ready
   * at once it is pending and woken, so that others go on.
   */
  static Task<@Nullable Void> repeat(Callable<? extends Task<Boolean>> maker) {
    return new Repeated(maker);
  }

  /**
   * All of them, side by side: what they come to, in their order. The first that fails cancels the
   * others.
   */
  static <T extends @Nullable Object> Task<List<T>> joinAll(
      Collection<? extends Task<? extends T>> tasks) {
    return tasks.isEmpty() ? of(List.of()) : new JoinAll<>(tasks);
  }

  /**
   * The first of them that comes to something, which cancels the others. If all fail, it fails with
   * the first failure, the others suppressed.
   *
   * @throws IllegalArgumentException if there are none
   */
  static <T extends @Nullable Object> Task<T> race(Collection<? extends Task<? extends T>> tasks) {
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("a race of no tasks comes to nothing");
    }
    return new RaceOf<>(tasks);
  }
}
