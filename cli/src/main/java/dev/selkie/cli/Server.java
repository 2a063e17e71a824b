package dev.selkie.cli;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A TCP server on one thread and one event queue.
 *
 * <p>The listener is level-triggered, so that connections left in its backlog are told of again;
 * the connections are told of as {@link Watch} says. Only {@link #stop} may be called from another
 * thread than the one that runs.
 */
final class Server implements AutoCloseable {
  /** What a server speaks: makes the connection of an accepted stream. */
  interface Protocol {
    ServerConnection open(Server server, TcpStream stream);
  }

  private static final int ACCEPTS_A_TURN = 256;
  private static final long RETRY_NANOS = 1_000_000_000;
  private static final int BUFFER_BYTES = 1 << 16;

  final ServerCounts counts = new ServerCounts();
  final Deadlines deadlines;

  /** Scratch of the turn in progress: nothing stays in it. */
  final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  private final Kernel kernel;
  private final Protocol protocol;
  private final Consumer<String> warnings;
  private final TcpListener listener;
  private final EventQueue<ReadyHandler> queue;
  private final Registration<ReadyHandler> listening;
  private final Set<ServerConnection> open = new HashSet<>();
  private final Queue<ServerConnection> again = new ArrayDeque<>();
  private Deadlines.@Nullable Deadline retry;
  private boolean warned;
  private volatile boolean stopped;

  private Server(Kernel kernel, TcpListener listener, Protocol protocol, Consumer<String> warnings)
      throws IOException {
    this.kernel = kernel;
    this.protocol = protocol;
    this.warnings = warnings;
    this.listener = listener;
    this.deadlines = new Deadlines(kernel.clock());
    this.queue = EventQueue.open(kernel);
    try {
      this.listening = queue.register(listener, Interest.READABLE, this::accept);
    } catch (IOException | RuntimeException e) {
      queue.close();
      throw e;
    }
  }

  /** Listens at an address. */
  static Server listen(
      Kernel kernel, InetSocketAddress address, Protocol protocol, Consumer<String> warnings)
      throws IOException {
    TcpListener listener = TcpListener.bind(kernel, address);
    try {
      return new Server(kernel, listener, protocol, warnings);
    } catch (IOException | RuntimeException e) {
      listener.close();
      throw e;
    }
  }

  /** Where it listens. */
  InetSocketAddress address() {
    return listener.localAddress();
  }

  /** Connections that are open. */
  int connections() {
    return open.size();
  }

  /** Serves until {@link #stop}. */
  void run() {
    while (!stopped) {
      runOnce(Long.MAX_VALUE);
    }
  }

  /** One turn: waits for at most a time, and lets act whatever is ready or due. */
  void runOnce(long nanos) {
    long timeout = again.isEmpty() ? Math.min(nanos, deadlines.nanosToNext()) : 0;
    Events<ReadyHandler> events =
        timeout == Long.MAX_VALUE ? queue.await() : queue.awaitNanos(timeout);
    counts.waits++;
    counts.events += events.size();
    for (int left = again.size(); left > 0; left--) {
      ServerConnection next = again.poll();
      if (next != null) {
        next.proceed();
      }
    }
    for (Event<ReadyHandler> event : events) {
      event.attachment().ready(event);
    }
    deadlines.runDue();
  }

  /** Ends {@link #run} soon; from any thread. */
  void stop() {
    stopped = true;
    queue.wake();
  }

  /** Lets a connection that is not drained proceed after the others had their turn. */
  void proceedAgain(ServerConnection connection) {
    again.add(connection);
  }

  void closed(ServerConnection connection) {
    open.remove(connection);
    if (retry != null) {
      resume();
    }
  }

  private void accept(Event<ReadyHandler> event) {
    try {
      for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        TcpStream stream = listener.accept();
        if (stream == null) {
          return;
        }
        take(stream);
      }
    } catch (SystemCallException e) {
      pause(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void take(TcpStream stream) throws IOException {
    ServerConnection connection = protocol.open(this, stream);
    try {
      connection.register(queue);
    } catch (IOException | RuntimeException e) {
      connection.close(); // with its deadline, which would act on it later
      throw e;
    }
    counts.connections++;
    open.add(connection);
  }

  /** Stops accepting, which would fail again and again, until a descriptor may be free. */
  private void pause(SystemCallException e) {
    switch (e.errno()) {
      case EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC -> {}
      default -> throw new UncheckedIOException(e);
    }
    counts.pauses++;
    if (!warned) {
      warned = true;
      warnings.accept(reason(e));
    }
    setListening(Interest.NONE);
    retry = deadlines.after(RETRY_NANOS, this::resume);
  }

  private String reason(SystemCallException e) {
    String reason =
        e.errno() == Errno.EMFILE
            ? "the limit of %d descriptors is reached"
                .formatted(kernel.files().descriptorLimit(false))
            : e.getMessage();
    return reason
        + ": new connections wait until one closes; raise the limit with ulimit -n (this is said"
        + " once)";
  }

  private void resume() {
    if (retry != null) {
      retry.cancel();
      retry = null;
      setListening(Interest.READABLE);
    }
  }

  private void setListening(Interest interest) {
    try {
      listening.modify(interest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes the listener, the connections and the queue. */
  @Override
  public void close() {
    listener.close();
    retry = null;
    for (ServerConnection connection : List.copyOf(open)) {
      connection.close();
    }
    queue.close();
  }
}
