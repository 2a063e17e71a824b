package dev.selkie.runtime;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A TCP connection to the first of a host's addresses that answers, tried one after the other. */
final class FirstAnswer extends LoopFuture<Connection> {
  private final int port;

  /** The look-up or the attempt that is under way, which ends with this. */
  private volatile CompletableFuture<?> current;

  private FirstAnswer(EventLoop loop, int port, CompletableFuture<List<InetAddress>> names) {
    super(loop);
    this.port = port;
    this.current = names;
  }

  /** Looks for it as a future, which ends what is under way when somebody else completes it. */
  static CompletableFuture<Connection> of(EventLoop loop, String host, int port) {
    check(host, port);
    CompletableFuture<List<InetAddress>> names = lookUp(loop, host);
    FirstAnswer answer = new FirstAnswer(loop, port, names);
    var _ = answer.whenComplete((_, _) -> answer.current.cancel(false));
    var _ =
        names.whenComplete((addresses, failure) -> {
          if (failure == null) {
            answer.tryNext(addresses.iterator(), null);
          } else {
            answer.completeExceptionally(failure);
          }
        });
    return answer;
  }

  private void tryNext(Iterator<InetAddress> addresses, @Nullable IOException failure) {
    CompletableFuture<Connection> attempt;
    try {
      attempt = Connecting.connectAsync(loop, new InetSocketAddress(addresses.next(), port));
    } catch (RuntimeException e) {
      completeExceptionally(e);
      return;
    }
    current = attempt;
    if (isDone()) {
      attempt.cancel(false); // by who did not see the attempt
    }
    var _ =
        attempt.whenComplete((connection, thrown) -> {
          if (connection != null) {
            if (!complete(connection)) {
              connection.close();
            }
          } else if (thrown instanceof IOException e && !isDone() && addresses.hasNext()) {
            tryNext(addresses, joined(failure, e));
          } else {
            completeExceptionally(thrown instanceof IOException e ? joined(failure, e) : thrown);
          }
        });
  }

  /**
   * Looks for it, parking the calling thread.
   *
   * @param most nanoseconds for all of it, 0 without a limit; each address has an equal share of
   *     what those before it have left
   */
  static Connection await(EventLoop loop, String host, int port, long most) throws IOException {
    check(host, port);
    loop.refuseToBlock("connectAsync");
    long nanos = Children.limit(most);
    long deadline = loop.engine().timeAfter(nanos);
    List<InetAddress> addresses = resolved(loop, host, nanos);
    IOException failure = null;
    for (int i = 0; i < addresses.size(); i++) {
      long left = nanos == 0 ? 0 : deadline - loop.engine().nanoTime();
      if (left < 0) {
        break;
      }
      long share = nanos == 0 ? 0 : Math.max(left / (addresses.size() - i), 1);
      try {
        return Connecting.connect(loop, new InetSocketAddress(addresses.get(i), port), share);
      } catch (IOException e) {
        if (e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException)) {
          throw e;
        }
        failure = joined(failure, e);
      }
    }
    throw failure == null ? new SocketTimeoutException("connect(" + host + ")") : failure;
  }

  private static void check(String host, int port) {
    Objects.requireNonNull(InetSocketAddress.createUnresolved(host, port));
  }

  private static List<InetAddress> resolved(EventLoop loop, String host, long nanos)
      throws IOException {
    CompletableFuture<List<InetAddress>> names = lookUp(loop, host);
    try {
      return (nanos == 0 ? names : names.orTimeout(nanos, TimeUnit.NANOSECONDS)).get();
    } catch (InterruptedException e) {
      throw new InterruptedIOException("interrupted while " + host + " was looked up");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException) {
        throw new SocketTimeoutException(host + " was not looked up in time");
      }
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    }
  }

  private static CompletableFuture<List<InetAddress>> lookUp(EventLoop loop, String host) {
    return loop.blockingWork()
        .begin(() -> {
          List<InetAddress> addresses = new ArrayList<>();
          int count = loop.kernel().names().resolve(host, addresses::add);
          if (count <= 0) {
            throw new UnknownHostException(host);
          }
          return addresses;
        });
  }

  private static IOException joined(@Nullable IOException first, IOException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
