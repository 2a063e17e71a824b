package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Two hosts, and what may be between them. */
final class NetworkTest {
  private static final InetAddress HERE = InetAddress.ofLiteral("10.0.0.1");
  private static final InetAddress THERE = InetAddress.ofLiteral("10.0.0.2");
  private static final InetSocketAddress NOWHERE = new InetSocketAddress(THERE, 9);
  private static final Duration LATENCY = Duration.ofMillis(10);

  private final SimulatedNetwork network =
      SimulatedNetwork.builder().latency(LATENCY, LATENCY).build();
  private final SimulatedKernel here = host("here", HERE);
  private final SimulatedKernel there = host("there", THERE);

  private SimulatedKernel host(String name, InetAddress address) {
    return SimulatedKernel.builder().network(network).name(name).address(address).build();
  }

  private long outcome(TcpStream stream) throws IOException {
    long start = network.nanoTime();
    try (EventQueue<String> queue = EventQueue.open(here)) {
      queue.register(stream, Interest.WRITABLE, "stream");
      assertThat(queue.await().isEmpty()).isFalse();
    }
    return network.nanoTime() - start;
  }

  private static Errno failure(TcpStream stream) {
    return catchThrowableOfType(SystemCallException.class, stream::finishConnect).errno();
  }

  @Test
  void messagesTakeTheirTime() throws IOException {
    try (TcpListener listener = TcpListener.bind(there, new InetSocketAddress(THERE, 80));
        TcpStream client = TcpStream.connect(here, listener.localAddress());
        EventQueue<String> queue = EventQueue.open(there)) {
      assertThat(outcome(client)).isEqualTo(2 * LATENCY.toNanos());
      assertThat(client.localAddress().getAddress()).isEqualTo(HERE);
      try (TcpStream server = listener.accept()) {
        queue.register(server, Interest.READABLE, "server");
        client.write(ByteBuffer.allocate(3));
        assertThat(queue.poll().isEmpty()).isTrue();
        long start = network.nanoTime();
        assertThat(queue.await().size()).isEqualTo(1);
        assertThat(network.nanoTime() - start).isEqualTo(LATENCY.toNanos());
        assertThat(server.read(ByteBuffer.allocate(9))).isEqualTo(3);
      }
    }
  }

  @Test
  void aRefusalTakesTheWayThereAndBack() throws IOException {
    try (TcpStream client = TcpStream.connect(here, new InetSocketAddress(THERE, 81))) {
      assertThat(outcome(client)).isEqualTo(2 * LATENCY.toNanos());
      assertThat(failure(client)).isEqualTo(Errno.ECONNREFUSED);
    }
  }

  @Test
  void aLostRouteTimesOutAfterTwoMinutesOrAsAsked() throws IOException {
    network.route(HERE, THERE, Route.LOST);
    InetSocketAddress to = new InetSocketAddress(THERE, 82);
    try (TcpStream client = TcpStream.connect(here, to)) {
      assertThat(Duration.ofNanos(outcome(client)).toSeconds()).isEqualTo(127);
      assertThat(failure(client)).isEqualTo(Errno.ETIMEDOUT);
    }
    try (TcpStream client =
        TcpStream.builder()
            .kernel(here)
            .set(TcpOption.USER_TIMEOUT, Duration.ofSeconds(5))
            .connect(to)) {
      assertThat(Duration.ofNanos(outcome(client)).toSeconds()).isEqualTo(5);
      assertThat(failure(client)).isEqualTo(Errno.ETIMEDOUT);
    }
  }

  @Test
  void whatIsNotThereIsUnreachable() throws IOException {
    network.route(HERE, THERE, Route.NO_HOST);
    try (TcpStream client = TcpStream.connect(here, new InetSocketAddress(THERE, 83))) {
      assertThat(outcome(client)).isEqualTo(Duration.ofSeconds(3).toNanos());
      assertThat(failure(client)).isEqualTo(Errno.EHOSTUNREACH);
    }
    InetSocketAddress nobody = new InetSocketAddress(InetAddress.ofLiteral("10.9.9.9"), 1);
    assertThat(
            catchThrowableOfType(
                    SystemCallException.class, () -> TcpStream.connect(here, nobody).close())
                .errno())
        .isEqualTo(Errno.ENETUNREACH);
  }

  @Test
  void aConnectionStandsStillWhileItsRouteIsLost() throws IOException {
    try (TcpListener listener = TcpListener.bind(there, new InetSocketAddress(THERE, 84));
        TcpStream client = TcpStream.connect(here, listener.localAddress())) {
      outcome(client);
      try (TcpStream server = listener.accept()) {
        network.route(HERE, THERE, Route.LOST);
        client.write(ByteBuffer.allocate(5));
        network.advance(Duration.ofHours(1));
        assertThat(server.read(ByteBuffer.allocate(9))).isEqualTo(Io.NOT_READY);
        network.route(HERE, THERE, Route.OPEN);
        network.advance(Duration.ofSeconds(1));
        assertThat(server.read(ByteBuffer.allocate(9))).isEqualTo(5);
      }
    }
  }

  @Test
  void dataForAClosedPeerIsAnsweredWithAResetThatTakesItsTime() throws IOException {
    try (TcpListener listener = TcpListener.bind(there, new InetSocketAddress(THERE, 87));
        TcpStream client = TcpStream.connect(here, listener.localAddress())) {
      outcome(client);
      listener.accept().close();
      assertThat(client.write(ByteBuffer.allocate(5))).isEqualTo(5);
      network.advance(LATENCY);
      assertThat(client.write(ByteBuffer.allocate(5))).as("not heard of it yet").isEqualTo(5);
      network.advance(LATENCY);
      assertThat(
              catchThrowableOfType(
                      SystemCallException.class, () -> client.write(ByteBuffer.allocate(5)))
                  .errno())
          .isEqualTo(Errno.EPIPE);
      network.advance(LATENCY.multipliedBy(3));
      assertThat(client.takeError()).isNull();
    }
  }

  @Test
  void aFullBacklogIsServedAtTheNextRetry() throws IOException {
    try (TcpListener listener =
        TcpListener.builder().kernel(there).backlog(1).bind(new InetSocketAddress(THERE, 85))) {
      List<TcpStream> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        clients.add(TcpStream.connect(here, listener.localAddress()));
      }
      network.advance(Duration.ofMillis(500));
      assertThat(clients.get(1).finishConnect()).isTrue();
      assertThat(clients.get(2).finishConnect()).as("one more than it was told").isFalse();
      for (int i = 0; i < 2; i++) {
        listener.accept().close();
      }
      network.advance(Duration.ofSeconds(1));
      assertThat(clients.get(2).finishConnect()).isTrue();
      clients.forEach(TcpStream::close);
    }
  }

  @Test
  void aSteppingNetworkIsOneThreads() throws Exception {
    try (EventQueue<String> queue = EventQueue.open(here)) {
      AtomicReference<Throwable> told = new AtomicReference<>();
      Thread other =
          Thread.ofPlatform()
              .name("another")
              .start(
                  () -> told.set(catchThrowable(() -> TcpStream.connect(here, NOWHERE).close())));
      other.join(Duration.ofSeconds(10));
      assertThat(told.get())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("one thread, '" + Thread.currentThread().getName() + "'")
          .hasMessageContaining("'another'")
          .hasMessageContaining("SimulatedNetwork.threaded()");
      assertThat(queue.poll().isEmpty()).isTrue();
    }
  }

  @Test
  void aThreadedNetworkStepsNothing() {
    Stepped loop =
        new Stepped() {
          @Override
          public boolean step() {
            return false;
          }

          @Override
          public long nanosToNextDeadline() {
            return -1;
          }
        };
    assertThatThrownBy(() -> SimulatedNetwork.threaded().attach(loop))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a thread of its own");
  }

  @Test
  void aDeadlockOfARunSaysWhatItRanForAndWhen() {
    network.advance(Duration.ofDays(30));
    assertThatThrownBy(() -> network.run(() -> false))
        .isInstanceOf(SimulatedDeadlockError.class)
        .hasMessage(
            "nothing is left that could end a wait, waiting: network.run, for its condition to"
                + " hold; no loop is attached (virtual time PT720H)");
  }

  @Test
  void hostsAreFoundByName() {
    List<InetAddress> found = new ArrayList<>();
    assertThat(here.names().resolve("there", found::add)).isEqualTo(1);
    assertThat(here.names().resolve("10.1.2.3", found::add)).isEqualTo(1);
    assertThat(here.names().resolve("localhost", found::add)).isEqualTo(2);
    assertThat(here.names().resolve("nowhere", found::add)).isEqualTo(Result.ENOENT);
    assertThat(here.names().resolve("fe80::1%7", found::add)).isEqualTo(1);
    assertThat(here.names().resolve("::1%lo", found::add)).isEqualTo(Result.ENOENT);
    assertThat(found).startsWith(THERE, InetAddress.ofLiteral("10.1.2.3"));
    assertThatThrownBy(() -> host("again", THERE)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theLimitOfDescriptorsLeavesTheBacklog() throws IOException {
    SimulatedKernel small = SimulatedKernel.builder().descriptorLimit(6).build();
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    try (TcpListener listener = TcpListener.bind(small, any);
        TcpStream client = TcpStream.connect(small, listener.localAddress())) {
      int last = small.files().eventfd(0);
      assertThat(last).isEqualTo(5);
      assertThat(small.files().eventfd(0)).isEqualTo(Result.EMFILE);
      assertThat(
              catchThrowableOfType(SystemCallException.class, () -> listener.accept().close())
                  .errno())
          .isEqualTo(Errno.EMFILE);
      small.files().close(last);
      try (TcpStream server = listener.accept()) {
        assertThat(server.remoteAddress()).isEqualTo(client.localAddress());
      }
    }
  }

  @Test
  void aSleepLetsTimePassAndDeliversWhatIsDue() throws IOException {
    try (TcpListener listener = TcpListener.bind(there, new InetSocketAddress(THERE, 86));
        TcpStream client = TcpStream.connect(here, listener.localAddress())) {
      assertThat(client.finishConnect()).isFalse();
      long millis = here.clock().currentTimeMillis();
      assertThat(here.clock().sleep(Duration.ofSeconds(2).toNanos())).isZero();
      assertThat(here.clock().currentTimeMillis() - millis).isEqualTo(2000);
      assertThat(client.finishConnect()).isTrue();
    }
  }

  /** Threaded time goes on between two looks at the clock. */
  @Test
  void aResetRightAfterTheAnswerDoesNotOvertakeIt() throws IOException {
    SimulatedNetwork threaded =
        SimulatedNetwork.builder()
            .threaded()
            .latency(Duration.ofNanos(1), Duration.ofMillis(2))
            .build();
    SimulatedKernel host = threaded.host("host");
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    try (TcpListener listener = TcpListener.bind(host, any);
        EventQueue<String> queue = EventQueue.open(host)) {
      queue.register(listener, Interest.READABLE, "listener");
      for (int round = 0; round < 100; round++) {
        try (TcpStream client = TcpStream.connect(host, listener.localAddress())) {
          queue.await();
          try (TcpStream server = listener.accept()) {
            server.set(TcpOption.LINGER, 0);
          }
          queue.register(client, Interest.READABLE, "client");
          assertThat(queue.await(Duration.ofSeconds(2)).isEmpty())
              .as("round %d: the reset is lost", round)
              .isFalse();
        }
      }
    }
  }

  /** A loop that is due for ever: a wait that spun would hold the network's lock without end. */
  @Test
  void aLoopThatIsDueAndDoesNothingIsToldByName() {
    Stepped idle =
        new Stepped() {
          @Override
          public boolean step() {
            return false;
          }

          @Override
          public long nanosToNextDeadline() {
            return 0;
          }

          @Override
          public String toString() {
            return "the idle loop";
          }
        };
    network.attach(idle);
    assertThatThrownBy(() -> network.advance(Duration.ofSeconds(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("attached the idle loop says that its deadline is due");
    network.detach(idle);
    network.advance(Duration.ofSeconds(1));
    assertThat(network.nanoTime()).isEqualTo(Duration.ofSeconds(1).toNanos());
  }
}
