package dev.selkie.runtime;

import dev.selkie.ByteOutput;
import dev.selkie.Io;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Buffers that wait to be written to an output, in order and within a bound: for callbacks and
 * futures, which cannot wait. {@link Output#writeQueue} makes it, and then nobody else writes
 * there.
 *
 * <p><b>The bound.</b> A buffer is taken if the bytes that wait, with its own, are not above the
 * high mark, or if none waits; and of buffers {@value #SLOTS} at most. Another one is refused, by
 * value or by a failed future, and stays the caller's: it is never dropped. So a peer that does not
 * read costs no more memory than the high mark, or one buffer. From a refusal, or the high mark, on
 * the queue {@linkplain #isWritable is not writable} until the bytes that wait have fallen to the
 * low mark and the buffers to half; {@link #whenWritable} and {@link #writable} tell of that.
 *
 * <p><b>Writing.</b> The loop writes once a turn, by calls that gather up to 64 buffers. A buffer
 * belongs to the queue until it is written; it must not be changed until then. No write allocates
 * on the loop's thread; from another thread one that wakes the queue allocates 24 bytes.
 *
 * <p><b>The end.</b> {@link #close} writes what waits and closes the connection. If writing fails,
 * or the connection or the loop is closed, every future of the queue fails with the cause, who
 * waits for it to be writable is told, and what is offered later is refused with an exception.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread, and none of them waits. The
 * buffers of one thread are written in its order. Futures are completed and wakers called on the
 * loop's thread.
 */
public final class WriteQueue {
  /** Buffers that may wait. */
  static final int SLOTS = 256;

  private static final int GATHERED = 64;

  /** Calls in one turn of the loop at most. */
  private static final int CALLS = 16;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final Direction.Attempt<WriteQueue> WRITE =
      (queue, _) ->
          queue.count == 1
              ? queue.output.write(queue.batch[0])
              : queue.output.write(queue.batch, 0, queue.count);

  /*
   * Any thread takes a slot by the tail, if the head is less than the whole ring behind it, and
   * fills it then. The loop's thread alone takes off at the head, empties a slot before it moves
   * the head, and stops at a slot that is not filled so far, whose filler will have it look again.
   */
  private final AtomicReferenceArray<@Nullable Object> ring = new AtomicReferenceArray<>(SLOTS);
  private final AtomicLong tail = new AtomicLong();
  private volatile long head;

  private final Direction direction;
  private final ByteOutput output;
  private final long low;
  private final long high;
  private final Engine.Request work = new Engine.Request(this::proceed);

  /** The loop, as that which is handed the work. */
  private final Consumer<Engine.Request> worker;

  private final Waker waker = this::look;
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicLong bytes = new AtomicLong();
  private final Queue<Waker> waiters = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Ending> ending = new AtomicReference<>();

  /** Whether offers were refused, or are about to be. */
  private volatile boolean full;

  private volatile @Nullable Throwable failure;

  /** What one call writes; the loop's thread. */
  private final ByteBuffer[] batch = new ByteBuffer[GATHERED];

  private int count;

  /** A buffer with a future; of a flush, one of no bytes. */
  private static final class Promised extends LoopFuture<@Nullable Void> {
    final ByteBuffer buffer;

    Promised(EventLoop loop, ByteBuffer buffer) {
      super(loop);
      this.buffer = buffer;
    }
  }

  /** A close that has begun. */
  private record Ending(CompletableFuture<Boolean> done, Alarm deadline) {}

  WriteQueue(
      Direction direction,
      ByteOutput output,
      long low,
      long high,
      Consumer<Engine.Request> worker) {
    if (low < 0 || high < low) {
      throw new IllegalArgumentException("marks of " + low + " and " + high + " bytes");
    }
    this.direction = direction;
    this.output = output;
    this.low = low;
    this.high = high;
    this.worker = worker;
    direction.beginOrThrow(); // for good
  }

  /**
   * Has what remains in a buffer written.
   *
   * @return false if that is beyond the bound: nothing was taken
   * @throws ClosedChannelException if the queue or the connection was closed
   * @throws ClosedLoopException if the loop was
   * @throws IOException if writing has failed
   */
  public boolean offer(ByteBuffer source) throws IOException {
    checkOpen();
    return add(source, source.remaining());
  }

  /**
   * Has what remains in a buffer written. To cancel the future does not take the bytes back.
   *
   * @return a future of its having been written; beyond the bound it fails with {@link
   *     RejectedExecutionException}, and nothing was taken
   */
  public CompletableFuture<@Nullable Void> write(ByteBuffer source) {
    return promise(source, source.remaining());
  }

  /** A future of everything having been written that was offered before; see {@link #write}. */
  public CompletableFuture<@Nullable Void> flush() {
    return promise(NOTHING, 0);
  }

  private CompletableFuture<@Nullable Void> promise(ByteBuffer source, int length) {
    Promised promised = new Promised(loop(), source);
    try {
      checkOpen();
      if (!add(promised, length)) {
        promised.completeExceptionally(
            new RejectedExecutionException(
                this + ": " + length + " bytes more are beyond the bound"));
      }
    } catch (IOException e) {
      promised.completeExceptionally(e);
    }
    return promised;
  }

  private EventLoop loop() {
    return direction.cell.loop;
  }

  private void checkOpen() throws IOException {
    direction.cell.checkNotEnded(false); // which nobody has found so far if nothing is written
    Throwable failed = failure;
    if (ending.get() != null || failed instanceof ClosedChannelException) {
      throw new ClosedChannelException();
    }
    if (failed != null) {
      throw new IOException(this + " has failed: " + failed, failed);
    }
  }

  private boolean add(Object entry, int length) {
    boolean added = reserve(length) && place(entry, length);
    if (!added || bytes.get() >= high) {
      full = true; // before the look, which finds it if room came meanwhile
    }
    look();
    return added;
  }

  private boolean reserve(int length) {
    long waiting;
    do {
      waiting = bytes.get();
      if (waiting != 0 && length != 0 && waiting + length > high) {
        return false;
      }
    } while (!bytes.compareAndSet(waiting, waiting + length));
    return true;
  }

  private boolean place(Object entry, int length) {
    long slot;
    do {
      slot = tail.get();
      if (slot - head >= SLOTS) {
        bytes.addAndGet(-length);
        return false;
      }
    } while (!tail.compareAndSet(slot, slot + 1));
    ring.setRelease((int) slot & (SLOTS - 1), entry);
    return true;
  }

  /** Has the loop look what there is to do. */
  private void look() {
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      worker.accept(work);
    }
  }

  /** How many bytes wait to be written. */
  public long size() {
    return bytes.get();
  }

  /** Whether an offer of ordinary size would be taken. */
  public boolean isWritable() {
    return !full;
  }

  /**
   * Has a waker called, once, when the queue is writable again, or has ended.
   *
   * @return false if it is writable already: the waker is not called then
   */
  public boolean whenWritable(Waker waiter) {
    Objects.requireNonNull(waiter, "waiter");
    if (!full) {
      return false;
    }
    waiters.add(waiter);
    return full || !waiters.remove(waiter); // not full, and removed by who calls it
  }

  /** A future of the queue being writable, or having ended. */
  public CompletableFuture<@Nullable Void> writable() {
    LoopFuture<@Nullable Void> future = new LoopFuture<>(loop());
    if (!whenWritable(() -> future.complete(null))) {
      future.complete(null);
    }
    return future;
  }

  /**
   * Takes no more, and closes the connection when all that waits is written, or when the time is
   * over. Again, it only returns the future.
   *
   * @return a future of the connection having been closed: whether all was written
   */
  public CompletableFuture<Boolean> close(Duration grace) {
    Ending begun = ending.get();
    if (begun == null) {
      Alarm deadline = loop().engine().alarm(waker, Math.max(Durations.nanos(grace), 0));
      begun = new Ending(new LoopFuture<>(loop()), deadline);
      if (!ending.compareAndSet(null, begun)) {
        deadline.cancel();
        begun = Objects.requireNonNull(ending.get());
      }
      look();
    }
    return begun.done;
  }

  // On the loop's thread

  private void proceed() {
    scheduled.set(false);
    if (failure == null) {
      try {
        advance();
      } catch (IOException | RuntimeException e) {
        failure = e;
      }
    }
    if (failure != null) {
      drop(failure);
    }
    if (full && bytes.get() <= low && tail.get() - head <= SLOTS / 2) {
      full = false;
    }
    Ending closing = ending.get();
    if (closing != null && (failure != null || tail.get() == head)) {
      closing.deadline.cancel();
      output.close();
      closing.done.complete(failure == null);
    }
    for (Waker waiter = full ? null : waiters.poll(); waiter != null; waiter = waiters.poll()) {
      Direction.wake(waiter, loop());
    }
  }

  private void advance() throws IOException {
    for (int calls = 0; gather() > 0; calls++) {
      Ending closing = ending.get();
      if (closing != null && closing.deadline.isOver()) {
        output.close();
      }
      if (calls == CALLS) {
        look(); // in the next turn
        return;
      }
      long left = 0;
      for (int i = 0; i < count; i++) {
        left += batch[i].remaining();
      }
      long n = left == 0 ? 0 : direction.attempt(WRITE, this, true);
      boolean waits = n == Io.NOT_READY && direction.await(waker);
      bytes.addAndGet(-Math.max(n, 0));
      retire();
      if (waits) {
        return;
      }
    }
  }

  private int gather() {
    count = 0;
    while (count < GATHERED) {
      Object entry = ring.getAcquire((int) (head + count) & (SLOTS - 1));
      if (entry == null) {
        break;
      }
      batch[count++] = entry instanceof Promised promised ? promised.buffer : (ByteBuffer) entry;
    }
    return count;
  }

  /** Takes off what was gathered and is written. */
  private void retire() {
    for (int i = 0; i < count; i++) {
      boolean written = !batch[i].hasRemaining();
      batch[i] = NOTHING;
      if (written && takeOff() instanceof Promised promised) {
        promised.complete(null);
      }
      if (!written) {
        return;
      }
    }
  }

  private @Nullable Object takeOff() {
    long first = head;
    int slot = (int) first & (SLOTS - 1);
    Object entry = ring.getPlain(slot);
    ring.setPlain(slot, null);
    head = first + 1;
    return entry;
  }

  private void drop(Throwable cause) {
    while (gather() > 0) {
      for (int i = 0; i < count; i++) {
        bytes.addAndGet(-batch[i].remaining());
        batch[i] = NOTHING;
        if (takeOff() instanceof Promised promised) {
          promised.completeExceptionally(cause);
        }
      }
    }
  }

  @Override
  public String toString() {
    return "write queue of " + direction.cell;
  }
}
