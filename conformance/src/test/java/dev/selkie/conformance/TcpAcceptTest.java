package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Listening and accepting. */
@Contract
final class TcpAcceptTest {
  private static final int MANY = 200;

  private final Configuration configuration;
  private final FaultyKernel kernel;

  TcpAcceptTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new FaultyKernel(configuration.kernel());
  }

  @Test
  void manyConnectionsAreAcceptedAndThenNone() throws IOException {
    List<TcpStream> streams = new ArrayList<>();
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        EventQueue<String> queue = configuration.queue(kernel)) {
      queue.register(listener, Interest.READABLE, "listener");
      assertThat(listener.accept()).isNull();
      for (int i = 0; i < MANY; i++) {
        streams.add(TcpStream.connect(kernel, listener.localAddress()));
      }
      int accepted = 0;
      while (accepted < MANY) {
        for (Event<String> event : queue.await(Ready.DEADLINE)) {
          assertThat(event.isReadable()).isTrue();
          assertThat(event.isWritable()).isFalse();
          TcpStream stream = listener.poll();
          assertThat(stream).isNotNull();
          assertThat(stream.finishConnect()).isTrue();
          streams.add(stream);
          accepted++;
        }
      }
      assertThat(listener.accept()).isNull();
      assertThat(queue.poll().isEmpty()).isTrue();
    } finally {
      streams.forEach(TcpStream::close);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"})
  void aShortageThrowsAndLeavesTheBacklog(Errno errno) throws IOException {
    kernel.on(SystemCall.ACCEPT).times(1).fail(errno);
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream stream = TcpStream.connect(kernel, listener.localAddress())) {
      Ready.await(configuration, listener, Interest.READABLE);
      SystemCallException e = catchThrowableOfType(SystemCallException.class, listener::accept);
      assertThat(e.errno()).isEqualTo(errno);
      assertThat(e)
          .hasMessageStartingWith(
              "accept(127.0.0.1:" + listener.localAddress().getPort() + "): " + errno);
      Ready.await(configuration, listener, Interest.READABLE);
      try (TcpStream accepted = listener.accept()) {
        assertThat(accepted.remoteAddress()).isEqualTo(stream.localAddress());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EINTR", "ECONNABORTED", "EPROTO", "ENETDOWN", "EHOSTUNREACH"})
  void aLostConnectionIsPassedOver(Errno errno) throws IOException {
    kernel.on(SystemCall.ACCEPT).times(3).fail(errno);
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream stream = TcpStream.connect(kernel, listener.localAddress())) {
      Ready.await(configuration, listener, Interest.READABLE);
      try (TcpStream accepted = listener.accept()) {
        assertThat(accepted.remoteAddress()).isEqualTo(stream.localAddress());
      }
    }
  }

  @Test
  void theBacklogIsServedOnceADescriptorIsFree() throws Exception {
    String output = ChildJvm.run("ulimit -n 64", List.of(), Exhaustion.class, configuration.name());
    assertThat(output).contains("EMFILE seen", "served").doesNotContain("Exception");
  }

  /** A server that runs out of descriptors, in a JVM that may have few. */
  static final class Exhaustion {
    private Exhaustion() {}

    /** Runs the configuration named. */
    public static void main(String[] arguments) throws IOException {
      Configuration configuration =
          Configurations.all().stream()
              .filter(c -> c.name().equals(arguments[0]))
              .findFirst()
              .orElseThrow();
      Kernel kernel = configuration.kernel();
      // Classes are loaded now: their files need descriptors too.
      Duration deadline = Ready.DEADLINE;
      System.out.println("at first " + errno(new SystemCallException("a", "b", -1, kernel)));
      TcpPair.open(configuration, kernel).close();
      try (EventQueue<String> queue = configuration.queue(kernel);
          TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
          TcpStream client = TcpStream.connect(kernel, listener.localAddress())) {
        queue.register(listener, Interest.READABLE, "listener");
        List<PipePair> ballast = exhaust(kernel);
        // The last odd descriptor, which a pipe of two does not take.
        List<Integer> last = new ArrayList<>();
        int number = kernel.files().duplicate(0);
        while (number >= 0) {
          last.add(number);
          number = kernel.files().duplicate(0);
        }
        for (int round = 0; round < 3; round++) {
          if (queue.await(deadline).isEmpty()) {
            throw new AssertionError("the connection is not reported");
          }
          try {
            listener.accept();
            throw new AssertionError("accepted without a descriptor");
          } catch (SystemCallException e) {
            System.out.println(errno(e) + " seen");
          }
        }
        ballast.forEach(PipePair::close);
        last.forEach(kernel.files()::close);
        if (queue.await(deadline).isEmpty()) {
          throw new AssertionError("the connection is not reported");
        }
        try (TcpStream accepted = listener.accept()) {
          System.out.println(
              accepted.remoteAddress().equals(client.localAddress()) ? "served" : "whose is this?");
        }
      }
    }

    private static String errno(SystemCallException e) {
      return e.errno().name();
    }

    private static List<PipePair> exhaust(Kernel kernel) throws IOException {
      List<PipePair> pipes = new ArrayList<>();
      while (true) {
        try {
          pipes.add(PipePair.open(kernel));
        } catch (SystemCallException e) {
          if (e.errno() != Errno.EMFILE) {
            throw e;
          }
          return pipes;
        }
      }
    }
  }

  @Test
  void anAddressInUseIsRefused() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      InetSocketAddress address = listener.localAddress();
      SystemCallException e =
          catchThrowableOfType(
              SystemCallException.class, () -> TcpListener.bind(kernel, address).close());
      assertThat(e)
          .hasMessage(
              "bind(127.0.0.1:%d): EADDRINUSE (address in use)".formatted(address.getPort()));
    }
  }

  @Test
  void whatTheSystemDoesNotPermitIsToldAndLeavesNothing() throws IOException {
    kernel.on(SystemCall.BIND).times(1).fail(Errno.EACCES);
    assertThatThrownBy(() -> TcpListener.bind(kernel, TcpPair.at("127.0.0.1", 80)))
        .hasMessage("bind(127.0.0.1:80): EACCES (permission denied)");
    kernel.on(SystemCall.LISTEN).times(1).fail(Errno.EADDRINUSE);
    assertThatThrownBy(() -> TcpListener.bind(kernel, TcpPair.loopback()))
        .hasMessageStartingWith("listen(127.0.0.1:0): EADDRINUSE");
    kernel.on(SystemCall.GETSOCKNAME).times(1).fail(Errno.ENOBUFS);
    assertThatThrownBy(() -> TcpListener.bind(kernel, TcpPair.loopback()))
        .hasMessageContaining("ENOBUFS");
  }

  @Test
  void reusedPortsShareConnections() throws IOException {
    TcpListener.Builder builder =
        TcpListener.builder().kernel(kernel).set(TcpOption.REUSE_PORT, true);
    try (TcpListener first = builder.bind(TcpPair.loopback());
        TcpListener second = builder.bind(first.localAddress())) {
      assertThat(second.localAddress()).isEqualTo(first.localAddress());
    }
  }

  @Test
  void badArgumentsAreRefused() {
    assertThatThrownBy(() -> TcpListener.builder().backlog(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> TcpListener.bind(kernel, InetSocketAddress.createUnresolved("host.test", 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("host.test");
  }

  @Test
  void adoptAndDetach() throws IOException {
    TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
    int number = listener.detach();
    assertThat(listener.isOpen()).isFalse();
    assertThatThrownBy(listener::accept).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(listener::detach).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> TcpStream.adopt(kernel, number))
        .isInstanceOf(IllegalArgumentException.class);
    try (TcpListener adopted = TcpListener.adopt(kernel, number);
        TcpPair pair = TcpPair.open(configuration, kernel, adopted, TcpStream.builder())) {
      assertThat(adopted.localAddress()).isEqualTo(listener.localAddress());
      assertThat(pair.server().isOpen()).isTrue();
    }
  }

  @Test
  void whatIsNoListenerIsNotAdopted() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        TcpPair pair = TcpPair.open(configuration, kernel)) {
      int pipeNumber = pipe.reader().descriptor().number();
      assertThatThrownBy(() -> TcpListener.adopt(kernel, pipeNumber))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("ENOTSOCK");
      int streamNumber = pair.client().descriptor().number();
      assertThatThrownBy(() -> TcpListener.adopt(kernel, streamNumber))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> TcpListener.adopt(kernel, 1 << 20)).hasMessageContaining("EBADF");
      assertThat(pair.client().isOpen()).isTrue();
    }
  }

  @Test
  void aClosedListenerRefusesEverything() throws IOException {
    TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
    listener.close();
    listener.close();
    assertThat(listener.isOpen()).isFalse();
    assertThatThrownBy(listener::accept).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> listener.get(TcpOption.NODELAY))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> listener.set(TcpOption.NODELAY, true))
        .isInstanceOf(ClosedChannelException.class);
    assertThat(listener.localAddress().getPort()).isPositive();
    assertThat(listener.toString()).contains("closed");
  }
}
