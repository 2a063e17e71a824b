package dev.selkie.cli.queue;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.Reasons;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.cli.program.Service;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
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
public final class Server implements Service {
  /** What a server speaks: makes the connection of an accepted stream. */
  interface Protocol {

    ServerConnection open(Server server, TcpStream stream);
  }

  private static final int ACCEPTS_A_TURN = 256;
  private static final long RETRY_NANOS = 1_000_000_000;
  private static final int BUFFER_BYTES = 1 << 16;

  final ServerCounts counts;
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
  private final SequencedSet<ServerConnection> again = new LinkedHashSet<>();
  private Deadlines.@Nullable Deadline retry;
  private boolean warned;
  private volatile boolean stopped;

  private Server(
      ServerCounts counts, TcpListener listener, Protocol protocol, Consumer<String> warnings)
      throws IOException {
    this.counts = counts;
    this.kernel = counts.kernel;
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

  /** An echo server. */
  public static Server echo(
      ServerCounts counts, InetSocketAddress address, Consumer<String> warnings)
      throws IOException {
    return listen(counts, address, EchoConnection::new, warnings);
  }

  /** A delay server. */
  public static Server delay(
      ServerCounts counts,
      InetSocketAddress address,
      DelayProtocol protocol,
      Consumer<String> warnings)
      throws IOException {
    return listen(
        counts,
        address,
        (server, stream) -> new DelayConnection(server, stream, protocol.reader()),
        warnings);
  }

  /** Listens at an address. */
  static Server listen(
      ServerCounts counts, InetSocketAddress address, Protocol protocol, Consumer<String> warnings)
      throws IOException {
    TcpListener listener = TcpListener.bind(counts.kernel, address);
    try {
      return new Server(counts, listener, protocol, warnings);
    } catch (IOException | RuntimeException e) {
      listener.close();
      throw e;
    }
  }

  @Override
  public InetSocketAddress address() {
    return listener.localAddress();
  }

  @Override
  public ServerCounts counts() {
    return counts;
  }

  @Override
  public int connections() {
    return open.size();
  }

  @Override
  public void run() {
    while (!stopped) {
      runOnce(Long.MAX_VALUE);
    }
  }

  /** One turn: waits for at most a time, and lets act whatever is ready or due. */
  void runOnce(long nanos) {
    long timeout = again.isEmpty() ? Math.min(nanos, deadlines.nanosToNext()) : 0;
    Events<ReadyHandler> events =
        timeout == Long.MAX_VALUE ? queue.await() : queue.awaitNanos(timeout);
    for (int left = again.size(); left > 0; left--) {
      again.removeFirst().proceed();
    }
    for (Event<ReadyHandler> event : events) {
      event.attachment().ready(event);
    }
    deadlines.runDue();
  }

  @Override
  public void stop() {
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
    counts.connections.increment();
    open.add(connection);
  }

  /** Stops accepting, which would fail again and again, until a descriptor may be free. */
  private void pause(SystemCallException e) {
    String reason = Reasons.ofPause(kernel, e);
    if (reason == null) {
      throw new UncheckedIOException(e);
    }
    counts.pauses.increment();
    if (!warned) {
      warned = true;
      warnings.accept(reason);
    }
    setListening(Interest.NONE);
    retry = deadlines.after(RETRY_NANOS, this::resume);
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
