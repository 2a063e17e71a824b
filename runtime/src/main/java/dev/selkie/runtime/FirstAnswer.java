package dev.selkie.runtime;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A TCP connection to the first of a host's addresses that answers. */
@SuppressWarnings("UndefinedEquals") // futures by identity
final class FirstAnswer extends LoopFuture<Connection> {
  /*
   * Each address has a head start, after which the next is tried beside it; one that refuses gives
   * way at once. So a silent address costs a moment, and not the minutes after which the system
   * gives it up (RFC 8305, section 5). What is not final belongs to the loop's thread.
   */
  private static final long HEAD_START = TimeUnit.MILLISECONDS.toNanos(250);

  private final String host;
  private final int port;
  private final CompletableFuture<List<InetAddress>> names;
  private final Map<CompletableFuture<Connection>, InetSocketAddress> attempts =
      new LinkedHashMap<>();
  private Iterator<InetAddress> untried = Collections.emptyIterator();
  private @Nullable Alarm headStart;
  private @Nullable IOException failure;

  private FirstAnswer(EventLoop loop, String host, int port) {
    super(loop);
    this.host = host;
    this.port = port;
    this.names = loop.hostNames().lookUp(host);
  }

  /** Looks for it as a future, which ends what is under way when somebody else completes it. */
  static FirstAnswer of(EventLoop loop, String host, int port) {
    Objects.requireNonNull(InetSocketAddress.createUnresolved(host, port)); // checks both
    FirstAnswer answer = new FirstAnswer(loop, host, port);
    var _ =
        answer.whenComplete((_, _) -> {
          answer.names.cancel(false);
          loop.engine().request(answer::end);
        });
    var _ =
        answer.names.whenComplete((addresses, unknown) -> {
          if (unknown == null) {
            loop.engine().request(() -> answer.begin(addresses));
          } else {
            answer.completeExceptionally(cause(unknown));
          }
        });
    return answer;
  }

  /**
   * Looks for it, parking the calling thread.
   *
   * @param most nanoseconds for all of it, 0 without a limit
   */
  static Connection await(EventLoop loop, String host, int port, long most) throws IOException {
    loop.refuseToBlock("connectAsync");
    FirstAnswer answer = of(loop, host, port);
    long nanos = Children.limit(most);
    if (nanos != 0) {
      answer.limit(nanos, answer::late);
    }
    try {
      return answer.get();
    } catch (InterruptedException e) {
      if (!answer.cancel(false)) {
        var _ = answer.thenAccept(Connection::close); // it came at the same time
      }
      throw new InterruptedIOException("interrupted while connecting to " + host + ":" + port);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException told ? told : new IOException(e.getCause());
    }
  }

  private void begin(List<InetAddress> addresses) {
    untried = addresses.iterator();
    tryNext();
  }

  private void tryNext() {
    endHeadStart();
    if (isDone() || !untried.hasNext()) {
      return;
    }
    InetSocketAddress address = new InetSocketAddress(untried.next(), port);
    CompletableFuture<Connection> attempt = begun(address);
    attempts.put(attempt, address);
    if (untried.hasNext()) {
      headStart = loop.engine().alarm(this::tryNext, HEAD_START);
    }
    var _ = attempt.whenComplete((connection, thrown) -> ended(attempt, connection, thrown));
  }

  private CompletableFuture<Connection> begun(InetSocketAddress address) {
    try {
      return Connecting.connectAsync(loop, address);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void ended(
      CompletableFuture<Connection> attempt,
      @Nullable Connection connection,
      @Nullable Throwable thrown) {
    attempts.remove(attempt);
    if (connection != null) {
      if (!complete(connection)) {
        connection.close();
      }
    } else if (thrown instanceof IOException next) {
      IOException first = joined(failure, next);
      failure = first;
      tryNext();
      if (attempts.isEmpty()) {
        completeExceptionally(first);
      }
    } else {
      completeExceptionally(thrown);
    }
  }

  private void late() {
    SocketTimeoutException late =
        new SocketTimeoutException(
            names.isDone()
                ? "connect(%s:%d): no answer in time from %s"
                    .formatted(host, port, attempts.values())
                : host + " was not looked up in time");
    if (failure != null) {
      late.addSuppressed(failure);
    }
    completeExceptionally(late);
  }

  private void end() {
    endHeadStart();
    List.copyOf(attempts.keySet()).forEach(attempt -> attempt.cancel(false));
  }

  private void endHeadStart() {
    if (headStart != null) {
      headStart.cancel();
      headStart = null;
    }
  }

  private static IOException joined(@Nullable IOException first, IOException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
