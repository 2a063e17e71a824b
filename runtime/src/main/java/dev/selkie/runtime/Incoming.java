package dev.selkie.runtime;

import dev.selkie.Io;
import dev.selkie.ItemSource;
import dev.selkie.Source;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.StreamListener;
import dev.selkie.net.StreamSocket;
import dev.selkie.net.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ReadPendingException;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Items that arrive on an event loop, such as connections: what {@link EventLoop#listen} and {@link
 * EventLoop#attach(ItemSource)} make.
 *
 * <p>Items are taken by parking the calling thread ({@link #take}), as futures ({@link #takeAsync})
 * or by polling with a {@link Waker} ({@link #poll}).
 *
 * <p><b>Running out.</b> When the system has no descriptor or memory for one more connection, the
 * listener pauses, says so once in the log or to {@link #onPause}, and tries again when something
 * of its loop or group was closed, and every 100 ms: the backlog waits meanwhile. A connection that
 * was accepted and cannot be registered for lack of memory is closed, of which the loop's handler
 * of uncaught exceptions is told.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread. One operation at a time may be
 * under way, another one is refused with {@link ReadPendingException}. On the loop's own thread,
 * outside a fiber, {@link #take} is refused with {@link IllegalStateException}.
 *
 * <p><b>Closing.</b> As with {@link Connection}.
 *
 * @param <T> the type of item
 */
public final class Incoming<T> implements AutoCloseable {
  private static final Set<Errno> EXHAUSTION =
      EnumSet.of(Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, Errno.ENOSPC);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ReadinessCell cell;
  private final Direction.Attempt<Taken<T>> taking;
  private boolean told; // by whoever operates
  private volatile @Nullable Consumer<? super SystemCallException> pauseListener;

  /** Where an attempt leaves what it has taken. */
  private static final class Taken<T> {
    @Nullable Arrival<?, T> arrival;

    T item() throws IOException {
      return Objects.requireNonNull(arrival).item();
    }
  }

  /** What was taken, and what makes an item of it: not in the attempt, for it is the user's. */
  private record Arrival<A, T>(A taken, Mapping<A, T> mapping) {
    T item() throws IOException {
      return mapped(taken, mapping);
    }
  }

  /**
   * What becomes of an item.
   *
   * @param <S> the type of what the source gives
   * @param <T> the type of what is taken
   */
  @FunctionalInterface
  public interface Mapping<S, T> {
    /** The item to be taken, on the thread that takes it; what it throws the taker is thrown. */
    T map(S item) throws IOException;
  }

  /**
   * Items of a source.
   *
   * @param admission what each goes through first: if that lacks memory, the one item is lost
   * @param mapping the user's
   */
  <S, A> Incoming(
      EventLoop loop, ItemSource<S> source, Mapping<S, A> admission, Mapping<A, T> mapping)
      throws IOException {
    this.cell = new ReadinessCell(loop, source, ReadinessWord.READABLE);
    this.taking = (taken, _) -> takeOnce(source, admission, mapping, taken);
  }

  /** The connections of a listener that nobody else knows: it is closed if it is refused. */
  static <S extends StreamSocket> Incoming<Connection> of(
      EventLoop loop, StreamListener<S> listener, Mapping<S, Connection> attaching)
      throws IOException {
    try {
      return new Incoming<>(loop, listener, attaching, connection -> connection);
    } catch (Throwable e) {
      listener.close();
      throw e;
    }
  }

  private static <S, T> T mapped(S item, Mapping<S, T> mapping) throws IOException {
    try {
      return mapping.map(item);
    } catch (Throwable e) {
      if (item instanceof Source lost) {
        lost.close(); // nobody else has it
      }
      throw e;
    }
  }

  /** The loop that the source is attached to. */
  public EventLoop loop() {
    return cell.loop;
  }

  /** The source behind: for its options and addresses, not to be polled. */
  public Source source() {
    return cell.source;
  }

  /**
   * The address of the Internet at which the listener behind listens, with the port that the system
   * has chosen for port 0.
   *
   * @throws IllegalStateException if the source is no {@link TcpListener}
   */
  public InetSocketAddress localAddress() {
    if (cell.source instanceof TcpListener listener) {
      return listener.localAddress();
    }
    throw new IllegalStateException(cell + " listens at no address of the Internet");
  }

  /**
   * The address at which the listener behind listens, of whatever family.
   *
   * @throws IllegalStateException if the source is no {@link StreamListener}
   */
  public SocketAddress boundAddress() {
    if (cell.source instanceof StreamListener<?> listener) {
      return listener.localAddress();
    }
    throw new IllegalStateException(cell + " listens at no address");
  }

  /**
   * Has a listener told, each time it pauses for want of descriptors or memory, of what the system
   * has refused; on the loop's thread, and in place of the log entry.
   */
  public Incoming<T> onPause(Consumer<? super SystemCallException> listener) {
    pauseListener = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /** Takes the next item, parking the thread until there is one. */
  public T take() throws IOException {
    Taken<T> taken = new Taken<>();
    cell.input.call(taking, taken, 0, "takeAsync");
    return taken.item();
  }

  /** Takes the next item, as soon as there is one; it fails with what {@link #take} throws. */
  public CompletableFuture<T> takeAsync() {
    return cell.input.start(taking, new Taken<>(), (taken, _) -> taken.item());
  }

  /**
   * Takes the next item, or has a waker called when there may be one; see {@link Input#pollRead}.
   *
   * @return the item, or null if there is none now
   */
  public @Nullable T poll(Waker waker) throws IOException {
    Taken<T> taken = new Taken<>();
    return cell.input.poll(taking, taken, waker) == Io.NOT_READY ? null : taken.item();
  }

  /** Takes back the waker of the last {@link #poll}, if it was not called; otherwise nothing. */
  public void forget(Waker waker) {
    var _ = cell.input.forget(waker);
  }

  private <S, A> long takeOnce(
      ItemSource<S> source, Mapping<S, A> admission, Mapping<A, T> mapping, Taken<T> taken)
      throws IOException {
    S item = null;
    try {
      item = source.poll();
      if (item == null) {
        return Io.NOT_READY;
      }
      taken.arrival = new Arrival<>(mapped(item, admission), mapping);
      if (item instanceof StreamSocket) {
        cell.loop.engine().traffic().accepted(cell, item);
      }
      return 1;
    } catch (SystemCallException e) {
      if (!EXHAUSTION.contains(e.errno())) {
        throw e;
      }
      if (item != null) {
        cell.loop.fault(e); // it is lost, and the taker waits for the next
      }
      pause(e);
      return Io.NOT_READY;
    }
  }

  private void pause(SystemCallException e) {
    Consumer<? super SystemCallException> listener = pauseListener;
    if (listener != null) {
      cell.loop.engine().request(() -> listener.accept(e));
    } else if (!told) {
      told = true;
      System.getLogger("dev.selkie.runtime")
          .log(
              System.Logger.Level.WARNING,
              "{0}: paused until something is free (this is said once a listener): {1}",
              cell,
              e.getMessage());
    }
    cell.hold();
    cell.loop.engine().whenFreed(cell::resume, PAUSE_NANOS);
  }

  /** Whether it was not closed. */
  public boolean isOpen() {
    return cell.source.isOpen();
  }

  @Override
  public void close() {
    cell.source.close();
  }

  @Override
  public String toString() {
    return cell.toString();
  }
}
