package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Registration;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each system call of a connection's life fails once, at each place, with each errno that its
 * manual page lists: the life goes on, or ends with that error, and nothing is left behind.
 */
@Contract
final class FaultTest {
  private static final int MESSAGE = 40;
  private static final Duration STEP = Duration.ofMillis(500);
  private static final int MOST_STEPS = 20;

  private static final Map<SystemCall, Set<Errno>> FAULTS =
      Map.ofEntries(
          Map.entry(
              SystemCall.SOCKET,
              EnumSet.of(Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.EAFNOSUPPORT)),
          Map.entry(SystemCall.BIND, EnumSet.of(Errno.EADDRINUSE, Errno.EACCES, Errno.EINVAL)),
          Map.entry(SystemCall.LISTEN, EnumSet.of(Errno.EADDRINUSE, Errno.EOPNOTSUPP)),
          Map.entry(
              SystemCall.ACCEPT,
              EnumSet.of(
                  Errno.EAGAIN,
                  Errno.EINTR,
                  Errno.EMFILE,
                  Errno.ENOBUFS,
                  Errno.ECONNABORTED,
                  Errno.EPROTO,
                  Errno.EPERM)),
          Map.entry(
              SystemCall.CONNECT,
              EnumSet.of(Errno.EINTR, Errno.ECONNREFUSED, Errno.ENETUNREACH, Errno.EADDRNOTAVAIL)),
          Map.entry(SystemCall.GETSOCKNAME, EnumSet.of(Errno.ENOBUFS)),
          Map.entry(SystemCall.GETPEERNAME, EnumSet.of(Errno.ENOTCONN, Errno.ENOBUFS)),
          Map.entry(SystemCall.GETSOCKOPT, EnumSet.of(Errno.ENOPROTOOPT)),
          Map.entry(SystemCall.SETSOCKOPT, EnumSet.of(Errno.ENOPROTOOPT, Errno.ENOMEM)),
          Map.entry(
              SystemCall.RECV,
              EnumSet.of(Errno.EAGAIN, Errno.EINTR, Errno.ECONNRESET, Errno.ENOMEM)),
          Map.entry(
              SystemCall.SEND,
              EnumSet.of(Errno.EAGAIN, Errno.EINTR, Errno.EPIPE, Errno.ECONNRESET)),
          Map.entry(SystemCall.SHUTDOWN, EnumSet.of(Errno.ENOTCONN, Errno.ENOBUFS)),
          Map.entry(SystemCall.EPOLL_CREATE, EnumSet.of(Errno.EMFILE, Errno.ENFILE)),
          Map.entry(
              SystemCall.EPOLL_CTL,
              EnumSet.of(Errno.ENOMEM, Errno.ENOSPC, Errno.EBADF, Errno.EINVAL)),
          Map.entry(SystemCall.EPOLL_WAIT, EnumSet.of(Errno.EINTR, Errno.EINVAL, Errno.EBADF)),
          Map.entry(SystemCall.EVENTFD, EnumSet.of(Errno.EMFILE, Errno.ENOMEM, Errno.ENODEV)),
          Map.entry(SystemCall.WRITE, EnumSet.of(Errno.EINTR)));

  private final Configuration configuration;

  FaultTest(Configuration configuration) {
    this.configuration = configuration;
  }

  static Stream<SystemCall> calls() {
    return FAULTS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aFailedCallIsRecoveredOrTold(SystemCall call) throws IOException {
    CountingKernel counting = new CountingKernel(configuration.kernel());
    live(counting);
    long calls = counting.count(call);
    for (long index = 1; index <= calls; index++) {
      for (Errno errno : FAULTS.get(call)) {
        FaultyKernel kernel = new FaultyKernel(configuration.kernel());
        kernel.on(call).fromCall(index).times(1).fail(errno);
        String fault = call + " " + index + " fails with " + errno;
        Errno told = told(kernel, fault);
        if (told == null || isRecoverable(call, errno)) {
          assertThat(told).as(fault).isNull();
        } else {
          assertThat(told).as(fault).isEqualTo(errno);
        }
      }
    }
  }

  private static boolean isRecoverable(SystemCall call, Errno errno) {
    return switch (errno) {
      case EINTR, EAGAIN, ECONNABORTED, EPROTO, ENODEV -> true;
      case ENOTCONN -> call == SystemCall.SHUTDOWN;
      default -> false;
    };
  }

  /** Lives, and returns the error that ended the life, or null. */
  private Errno told(Kernel kernel, String fault) {
    try {
      live(kernel);
      return null;
    } catch (SystemCallException e) {
      return e.errno();
    } catch (UncheckedIOException e) {
      assertThat(e).hasCauseInstanceOf(SystemCallException.class);
      return ((SystemCallException) e.getCause()).errno();
    } catch (IOException | RuntimeException e) {
      return fail(fault, e);
    }
  }

  @Test
  void everyCallInterruptedAgainAndAgain() throws IOException {
    for (SystemCall call :
        EnumSet.of(
            SystemCall.ACCEPT,
            SystemCall.CONNECT,
            SystemCall.RECV,
            SystemCall.SEND,
            SystemCall.WRITE,
            SystemCall.EPOLL_WAIT)) {
      FaultyKernel kernel = new FaultyKernel(configuration.kernel());
      kernel.on(call).times(50).fail(Errno.EINTR);
      live(kernel);
    }
  }

  @Test
  void shortTransfersAndDelaysLoseNothing() throws IOException {
    FaultyKernel kernel = new FaultyKernel(configuration.kernel());
    kernel.on(SystemCall.SEND).shorten(3);
    kernel.on(SystemCall.RECV).shorten(1);
    kernel.on(SystemCall.ACCEPT).delay(1_000_000);
    kernel.on(SystemCall.EPOLL_WAIT).delay(100_000);
    live(kernel);
  }

  @Test
  void aCloseThatReportsAnErrorHasClosed() throws IOException {
    live(
        new ForwardingKernel(configuration.kernel()) {
          @Override
          protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
            long result = super.call(call, descriptor, length, invocation);
            return call == SystemCall.CLOSE ? -Errno.EIO.number() : result;
          }
        });
  }

  /** A queue, a connection, an exchange, a half-close, a wake, and the end. */
  private void live(Kernel kernel) throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream client = TcpStream.connect(kernel, listener.localAddress())) {
      queue.register(listener, Interest.READABLE, "listener");
      TcpStream accepted = listener.accept();
      for (int step = 0; accepted == null; step++) {
        next(queue, step);
        accepted = listener.accept();
      }
      try (TcpStream server = accepted) {
        Registration<String> connecting = queue.register(client, Interest.WRITABLE, "client");
        for (int step = 0; !client.finishConnect(); step++) {
          next(queue, step);
        }
        connecting.cancel();
        queue.register(server, Interest.READABLE.oneShot(), "server").modify(Interest.READABLE);
        send(client);
        receive(queue, server, MESSAGE);
        queue.register(client, Interest.READABLE, "client");
        send(server);
        receive(queue, client, MESSAGE);
        end(client);
        receive(queue, server, 0);
        queue.wake();
        assertThat(queue.await(STEP).cause()).isEqualTo(Events.Cause.WAKE);
      }
    }
  }

  /** Half-closes, and closes: where the half-close failed softly, the end of file comes so. */
  private static void end(TcpStream stream) throws IOException {
    stream.shutdownOutput();
    stream.close();
  }

  private static void send(TcpStream stream) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(MESSAGE);
    for (int step = 0; buffer.hasRemaining(); step++) {
      assertThat(step).as("steps").isLessThan(MESSAGE);
      stream.write(buffer);
    }
  }

  /** Reads so many bytes, or with 0 to the end of file. */
  private static void receive(EventQueue<String> queue, TcpStream stream, int count)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(MESSAGE + 1);
    int step = 0;
    while (true) {
      int n = stream.read(buffer);
      if (n == Io.NOT_READY) {
        next(queue, step++);
      } else if (n == Io.END) {
        assertThat(count).as("bytes expected at the end of file").isZero();
        return;
      } else if (count > 0 && buffer.position() == count) {
        return;
      }
    }
  }

  private static void next(EventQueue<String> queue, int step) {
    assertThat(step).as("steps without progress").isLessThan(MOST_STEPS);
    queue.await(STEP);
  }
}
