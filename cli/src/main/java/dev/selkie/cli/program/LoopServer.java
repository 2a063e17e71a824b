package dev.selkie.cli.program;

import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoopGroup;
import dev.selkie.runtime.Incoming;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A server on event loops, in whatever style its connections are served. */
public final class LoopServer implements Service {
  /** What a server does. */
  public interface Program {
    /** Begins to listen at an address, by the listener that it returns, and to serve. */
    TcpListener begin(LoopServer server, InetSocketAddress address) throws IOException;
  }

  private final ServerCounts counts;
  private final Consumer<String> warnings;
  private final EventLoopGroup group;
  private final TcpListener listener;
  private final Set<TcpStream> open = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
  private boolean warned;

  private LoopServer(
      ServerCounts counts,
      InetSocketAddress address,
      int loops,
      Consumer<String> warnings,
      Program program)
      throws IOException {
    this.counts = counts;
    this.warnings = warnings;
    this.group =
        EventLoopGroup.builder()
            .loops(loops)
            .name("server")
            .eachLoop(
                loop -> loop.kernel(counts.kernel).uncaughtExceptionHandler((_, e) -> crashed(e)))
            .start();
    try {
      this.listener = program.begin(this, address);
    } catch (Throwable e) {
      group.close();
      throw e;
    }
  }

  /** Starts a program on so many loops. */
  public static LoopServer start(
      ServerCounts counts,
      InetSocketAddress address,
      int loops,
      Consumer<String> warnings,
      Program program)
      throws IOException {
    return new LoopServer(counts, address, loops, warnings, program);
  }

  /** The loops. */
  public EventLoopGroup group() {
    return group;
  }

  /** Listens, and takes note of the pauses in accepting. */
  public Incoming<Connection> listen(InetSocketAddress address) throws IOException {
    return group
        .listen(address)
        .onPause(e -> paused(Objects.requireNonNull(Reasons.ofPause(counts.kernel, e))));
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

  /** Takes note of a connection, which the server's end closes. */
  public void opened(TcpStream stream) {
    counts.connections.increment();
    open.add(stream);
  }

  /** Takes note of a connection's end; whether it was open. */
  public boolean closed(TcpStream stream) {
    return open.remove(stream);
  }

  /** Takes note that accepting has paused, which is said once. */
  public synchronized void paused(String reason) {
    counts.pauses.increment();
    if (!warned) {
      warned = true;
      warnings.accept(reason);
    }
  }

  /** Something was thrown that is no client's: it ends the server. */
  public void crashed(Throwable problem) {
    end.completeExceptionally(problem);
  }

  @Override
  public void run() {
    try {
      end.join();
    } catch (CompletionException e) {
      throw new IllegalStateException("the server failed: " + e.getCause(), e.getCause());
    }
  }

  @Override
  public void stop() {
    end.complete(null);
  }

  @Override
  public void close() {
    stop();
    listener.close();
    group.close();
    open.forEach(TcpStream::close); // what the loops do not own
  }
}
