package dev.selkie.runtime;

import dev.selkie.kernel.Facility;
import dev.selkie.net.StreamListener;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Several event loops, each with a thread of its own, among which work is handed out.
 *
 * <p>What is on a loop stays there. All methods may be called from any thread, those that wait for
 * the end not from one of the group's loops and fibers.
 */
public final class EventLoopGroup implements AutoCloseable {
  private final List<EventLoop> loops;
  private final HandOut handOut;

  EventLoopGroup(List<EventLoop> loops, HandOut handOut) {
    this.loops = List.copyOf(loops);
    this.handOut = handOut;
  }

  /**
   * Starts so many loops of the current kernel, which are taken in turn.
   *
   * @throws dev.selkie.kernel.SystemCallException if the system refuses, such as EMFILE
   */
  public static EventLoopGroup start(int loops) throws IOException {
    return builder().loops(loops).start();
  }

  /** A group with settings of its own. */
  public static EventLoopGroupBuilder builder() {
    return new EventLoopGroupBuilder();
  }

  /** The loops, in the order of their numbers. */
  public List<EventLoop> loops() {
    return loops;
  }

  /** The loop whose turn it is, by the group's {@link HandOut}; one that is open, if any is. */
  public EventLoop next() {
    EventLoop chosen = handOut.choose(loops);
    if (!chosen.isShutdown()) {
      return chosen;
    }
    return loops.stream().filter(loop -> !loop.isShutdown()).findFirst().orElse(chosen);
  }

  /**
   * Starts a fiber on the next loop.
   *
   * @throws java.util.concurrent.RejectedExecutionException as {@link EventLoop#fiber}
   */
  public <T> Fiber<T> fiber(Callable<T> body) {
    return next().fiber(body);
  }

  /**
   * Listens for connections, by TCP or at the address of a Unix socket, by one listener on the next
   * loop; each connection belongs to the loop that is next when it is taken.
   *
   * @throws dev.selkie.kernel.SystemCallException if the system refuses, such as EADDRINUSE
   */
  public Incoming<Connection> listen(SocketAddress address) throws IOException {
    EventLoop loop = next();
    return Incoming.of(
        loop, StreamListener.bind(loop.kernel(), address), stream -> next().attach(stream));
  }

  /**
   * Listens for TCP connections by a listener on each loop, over which the system spreads the
   * connections of one port (SO_REUSEPORT); each stays on the loop of its listener. The listeners
   * must all be served: the system asks none of them whether it is.
   *
   * @return one for each of {@link #loops()}; port 0 becomes the same port for all
   * @throws dev.selkie.kernel.SystemCallException if the system refuses, such as EADDRINUSE
   * @throws UnsupportedOperationException if the system does not spread connections: use {@link
   *     #listen}
   */
  public List<Incoming<Connection>> listenOnEach(SocketAddress address) throws IOException {
    for (EventLoop loop : loops) {
      if (!loop.kernel().facilities().contains(Facility.PORT_BALANCING)) {
        throw new UnsupportedOperationException(
            loop.kernel() + " does not spread connections over listeners: use listen");
      }
    }
    List<Incoming<Connection>> incoming = new ArrayList<>();
    SocketAddress each = address;
    try {
      for (EventLoop loop : loops) {
        TcpListener listener =
            TcpListener.builder().kernel(loop.kernel()).set(TcpOption.REUSE_PORT, true).bind(each);
        each = listener.localAddress();
        incoming.add(Incoming.of(loop, listener, loop::attach));
      }
    } catch (Throwable e) {
      incoming.forEach(Incoming::close);
      throw e;
    }
    return List.copyOf(incoming);
  }

  /** What each loop has counted; see {@link EventLoop#snapshot}. */
  public List<LoopSnapshot> snapshot() {
    return loops.stream().map(EventLoop::snapshot).toList();
  }

  /** All loops in lines of text, one after the other; see {@link EventLoop#dump}. */
  public String dump() {
    return Dump.of(loops);
  }

  /** Shuts all loops down; see {@link EventLoop#shutdown}. */
  public void shutdown() {
    loops.forEach(EventLoop::shutdown);
  }

  /** A future that is completed when all loops have ended; see {@link EventLoop#terminated}. */
  public CompletableFuture<@Nullable Void> terminated() {
    Termination<@Nullable Void> all = new Termination<>(loops);
    var _ =
        CompletableFuture.allOf(
                loops.stream().map(EventLoop::terminated).toArray(CompletableFuture<?>[]::new))
            .thenRun(() -> all.complete(null));
    return all;
  }

  /**
   * Closes all loops in order, at the same time; see {@link EventLoop#close(Duration)}.
   *
   * @return whether all ended by themselves
   * @throws IllegalStateException on a thread and in a fiber of one of them
   */
  public boolean close(Duration grace) {
    loops.forEach(EventLoop::refuseToWait);
    loops.forEach(loop -> loop.beginClose(grace));
    boolean inOrder = true;
    for (EventLoop loop : loops) {
      inOrder &= loop.awaitEnd();
    }
    return inOrder;
  }

  /**
   * Closes all loops at once, and waits for their end; see {@link EventLoop#close()}.
   *
   * @throws IllegalStateException on a thread and in a fiber of one of them
   */
  @Override
  public void close() {
    loops.forEach(EventLoop::refuseToWait);
    loops.forEach(EventLoop::shutdownNow);
    loops.forEach(EventLoop::awaitEnd);
  }

  @Override
  public String toString() {
    return "group of " + loops;
  }
}
