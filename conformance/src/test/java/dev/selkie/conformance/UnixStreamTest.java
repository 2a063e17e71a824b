package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.AncillaryData;
import dev.selkie.net.PeerCredentials;
import dev.selkie.net.StreamListener;
import dev.selkie.net.StreamSocket;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.net.UnixListener;
import dev.selkie.net.UnixOption;
import dev.selkie.net.UnixStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Unix sockets of streams and of sequenced packets, and the paths that they are bound to. */
@Contract
final class UnixStreamTest {
  private final Configuration configuration;
  private final Kernel kernel;
  private SocketFolder folder;

  UnixStreamTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @BeforeEach
  void open() throws IOException {
    folder = new SocketFolder(configuration);
  }

  @AfterEach
  void close() throws IOException {
    folder.close();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String read(UnixStream stream) throws IOException {
    Ready.await(configuration, stream, Interest.READABLE);
    ByteBuffer target = ByteBuffer.allocate(100);
    int n = stream.read(target);
    return n == Io.END ? "end" : new String(target.array(), 0, n, StandardCharsets.US_ASCII);
  }

  private static void end(UnixStream stream) {
    stream.close(); // before its time
  }

  private static Errno errno(ThrowingCallable call) {
    SystemCallException e = catchThrowableOfType(SystemCallException.class, call);
    assertThat(e).as("a refusal").isNotNull();
    return e.errno();
  }

  private UnixListener listener(String name) throws IOException {
    return UnixListener.bind(kernel, folder.address(name));
  }

  @Test
  void bytesGoBothWaysAndTheEndIsTold() throws IOException {
    try (UnixListener listener = listener("a")) {
      assertThat(listener.accept()).isNull();
      try (UnixStream client = UnixStream.connect(kernel, folder.address("a"))) {
        Ready.await(configuration, listener, Interest.READABLE);
        try (UnixStream server = listener.accept()) {
          assertThat(client.finishConnect()).isTrue();
          assertThat(client.remoteAddress()).isEqualTo(folder.address("a"));
          assertThat(client.localAddress().isUnnamed()).isTrue();
          assertThat(server.localAddress()).isEqualTo(folder.address("a"));
          assertThat(server.remoteAddress()).isNull();
          assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
          assertThat(client.write(bytes("ask"))).isEqualTo(3);
          assertThat(read(server)).isEqualTo("ask");
          assertThat(server.write(bytes("answer"))).isEqualTo(6);
          assertThat(read(client)).isEqualTo("answer");
          client.shutdownOutput();
          assertThat(read(server)).isEqualTo("end");
          end(server);
          assertThat(read(client)).isEqualTo("end");
          assertThat(errno(() -> client.write(bytes("x")))).isEqualTo(Errno.EPIPE);
        }
      }
    }
  }

  @Test
  void connectionsWaitInTheBacklogInOrder() throws IOException {
    List<UnixStream> clients = new ArrayList<>();
    try (UnixListener listener = listener("a")) {
      for (int i = 0; i < 10; i++) {
        UnixStream client =
            UnixStream.connect(kernel, UnixDomainSocketAddress.of(folder.path("a")));
        clients.add(client);
        client.write(bytes("client " + i));
      }
      clients.get(3).close(); // what it sent is there still
      for (int i = 0; i < 10; i++) {
        try (UnixStream server = listener.accept()) {
          assertThat(read(server)).isEqualTo("client " + i);
        }
      }
      assertThat(listener.accept()).isNull();
    } finally {
      clients.forEach(UnixStream::close);
    }
  }

  @Test
  void aClosingListenerEndsWhoWaits() throws IOException {
    UnixListener listener = listener("a");
    try (UnixStream client = UnixStream.connect(kernel, folder.address("a"))) {
      listener.close();
      Ready.await(configuration, client, Interest.READABLE);
      assertThatThrownBy(
              () -> {
                if (client.read(ByteBuffer.allocate(1)) == Io.END) {
                  throw new SystemCallException("end", "x", -Errno.ECONNRESET.number(), kernel);
                }
              })
          .isInstanceOf(SystemCallException.class)
          .extracting(e -> ((SystemCallException) e).errno())
          .isEqualTo(Errno.ECONNRESET);
    }
    assertThatThrownBy(listener::accept).isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void sequencedPacketsStayWhole() throws IOException {
    try (UnixListener listener =
            UnixListener.builder()
                .kernel(kernel)
                .sequencedPackets()
                .removeOnClose()
                .bind(folder.address("a"));
        UnixStream client =
            UnixStream.builder().kernel(kernel).sequencedPackets().connect(folder.address("a"));
        UnixStream server = listener.accept();
        AncillaryData data = new AncillaryData()) {
      assertThat(server.isSequencedPackets()).isTrue();
      client.write(bytes("one"));
      client.write(bytes("two"));
      client.write(bytes("three"));
      assertThat(read(server)).isEqualTo("one");
      ByteBuffer small = ByteBuffer.allocate(2);
      assertThat(server.receive(small, data)).isEqualTo(2);
      assertThat(data.isTruncated()).isTrue();
      assertThat(read(server)).isEqualTo("three");
      assertThat(errno(() -> UnixStream.connect(kernel, folder.address("a"))))
          .isEqualTo(Errno.EPROTOTYPE);
      end(client);
      assertThat(read(server)).isEqualTo("end");
    }
  }

  @Test
  void pairsAreConnected() throws IOException {
    try (UnixStream.Pair pair = UnixStream.pair(kernel);
        UnixStream.Pair packets = UnixStream.pairOfSequencedPackets(kernel)) {
      pair.one().write(bytes("hello"));
      assertThat(read(pair.other())).isEqualTo("hello");
      packets.other().write(bytes("a"));
      packets.other().write(bytes("b"));
      assertThat(read(packets.one())).isEqualTo("a");
      assertThat(pair.one().localAddress()).isEqualTo(UnixAddress.unnamed());
      pair.one().close();
      assertThat(read(pair.other())).isEqualTo("end");
    }
  }

  @Test
  void thePeerIsKnown() throws IOException {
    try (UnixListener listener = listener("a");
        UnixStream client = UnixStream.connect(kernel, folder.address("a"));
        UnixStream server = listener.accept()) {
      PeerCredentials peer = server.peerCredentials();
      assertThat(client.peerCredentials()).isEqualTo(peer);
      assertThat(peer.uid()).isNotNegative();
      if (configuration.isMachine()) {
        assertThat((long) peer.pid()).isEqualTo(ProcessHandle.current().pid());
      }
    }
  }

  @Test
  void abstractNamesLeaveNoFile() throws IOException {
    UnixAddress name = UnixAddress.abstractName("selkie-" + System.nanoTime());
    if (!kernel.facilities().contains(Facility.ABSTRACT_NAMES)) {
      assertThatThrownBy(() -> UnixListener.bind(kernel, name))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("no abstract names");
      return;
    }
    try (UnixListener listener = UnixListener.bind(kernel, name)) {
      assertThat(listener.localAddress()).isEqualTo(name);
      assertThat(name.toString()).startsWith("@selkie-");
      assertThat(errno(() -> UnixListener.bind(kernel, name))).isEqualTo(Errno.EADDRINUSE);
      try (UnixStream client = UnixStream.connect(kernel, name);
          UnixStream server = listener.accept()) {
        client.write(bytes("x"));
        assertThat(read(server)).isEqualTo("x");
        assertThat(server.localAddress()).isEqualTo(name);
      }
    }
    assertThat(errno(() -> UnixStream.connect(kernel, name))).isEqualTo(Errno.ECONNREFUSED);
    UnixListener.bind(kernel, name).close();
  }

  @Test
  void whoConnectsInVainIsToldWhy() throws IOException {
    assertThatThrownBy(() -> UnixStream.connect(kernel, folder.address("none")))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("connect(" + folder.path("none") + "): ENOENT");
    listener("stale").close();
    assertThat(errno(() -> UnixStream.connect(kernel, folder.address("stale"))))
        .isEqualTo(Errno.ECONNREFUSED);
    try (UnixDatagramSocket _ = UnixDatagramSocket.bind(kernel, folder.address("datagrams"))) {
      assertThat(errno(() -> UnixStream.connect(kernel, folder.address("datagrams"))))
          .isEqualTo(Errno.EPROTOTYPE);
    }
    assertThatThrownBy(() -> UnixStream.connect(kernel, TcpPair.loopback()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no address of a Unix socket");
  }

  @Test
  void whatCannotBeBoundIsRefusedByName() throws IOException {
    String tooLong = folder.path("x".repeat(120));
    assertThatThrownBy(() -> UnixListener.bind(kernel, UnixAddress.path(tooLong)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(tooLong)
        .hasMessageContaining(kernel.sockets().longestPath() + " at most");
    assertThatThrownBy(() -> UnixAddress.path("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> UnixAddress.path("a\0b")).isInstanceOf(IllegalArgumentException.class);
    assertThat(errno(() -> listener("none/a"))).isEqualTo(Errno.ENOENT);
    try (UnixListener _ = listener("live")) {
      assertThat(errno(() -> listener("live"))).isEqualTo(Errno.EADDRINUSE);
      assertThatThrownBy(() ->
              UnixListener.builder().kernel(kernel).replaceStale().bind(folder.address("live")))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("live socket");
    }
    int file = kernel.files().open(folder.path("file"), Files.O_WRONLY | Files.O_CREAT, 0600);
    kernel.files().close(file);
    assertThatThrownBy(
            () -> UnixListener.builder().kernel(kernel).replaceStale().bind(folder.address("file")))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("no socket and stays");
    assertThat(kernel.files().kind(folder.path("file"))).isEqualTo(Files.S_IFREG);
    assertThatThrownBy(() -> UnixListener.builder().permissions(01777))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> UnixListener.builder().backlog(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Also one that is bound and does not listen yet is not stale. */
  @Test
  void ofTwoThatTakeAStalePathOverOneHasIt() throws Exception {
    assumeTrue(configuration.isMachine(), "needs two threads in the kernel");
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 500; round++) {
        UnixAddress address = folder.address("both" + round);
        UnixListener.bind(kernel, address).close();
        CyclicBarrier start = new CyclicBarrier(2);
        Callable<UnixListener> binder =
            () -> {
              start.await(10, TimeUnit.SECONDS);
              return UnixListener.builder().kernel(kernel).replaceStale().bind(address);
            };
        List<UnixListener> bound = new ArrayList<>();
        for (Future<UnixListener> each : List.of(threads.submit(binder), threads.submit(binder))) {
          try {
            bound.add(each.get(10, TimeUnit.SECONDS));
          } catch (ExecutionException e) {
            assertThat(e).hasMessageContaining("which is a live socket");
          }
        }
        assertThat(bound).hasSize(1);
        bound.getFirst().close();
      }
    }
  }

  @Test
  void aStalePathIsTakenOverAndTheOwnOneRemoved() throws IOException {
    listener("a").close();
    assertThat(errno(() -> listener("a"))).isEqualTo(Errno.EADDRINUSE);
    UnixListener.Builder builder =
        UnixListener.builder().kernel(kernel).replaceStale().removeOnClose().permissions(0600);
    try (UnixListener listener = builder.bind(folder.address("a"));
        UnixStream client = UnixStream.connect(kernel, folder.address("a"))) {
      assertThat(listener.localAddress()).isEqualTo(folder.address("a"));
      assertThat(client.isSequencedPackets()).isFalse();
    }
    assertThat(kernel.files().kind(folder.path("a"))).isEqualTo(-Errno.ENOENT.number());
    UnixListener moved = builder.bind(folder.address("a"));
    kernel.files().unlink(folder.path("a"));
    try (UnixListener _ = listener("a")) {
      moved.close(); // the path is another's by now
      UnixStream.connect(kernel, folder.address("a")).close();
    }
  }

  @Test
  void permissionsKeepOthersOut() throws IOException {
    try (UnixListener _ =
        UnixListener.builder().kernel(kernel).permissions(0).bind(folder.address("a"))) {
      if (configuration.isMachine() && System.getProperty("user.name").equals("root")) {
        UnixStream.connect(kernel, folder.address("a")).close(); // whom nothing keeps out
      } else {
        assertThat(errno(() -> UnixStream.connect(kernel, folder.address("a"))))
            .isEqualTo(Errno.EACCES);
      }
    }
  }

  @Test
  void socketsMadeElsewhereAreTaken() throws IOException {
    int number;
    try (UnixListener made = listener("a")) {
      number = made.detach();
    }
    try (UnixListener listener = UnixListener.adopt(kernel, number);
        StreamSocket client = StreamSocket.connect(kernel, folder.address("a"));
        UnixStream server = listener.accept()) {
      assertThat(listener.localAddress()).isEqualTo(folder.address("a"));
      assertThatThrownBy(() -> UnixStream.adopt(kernel, number))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no connected stream socket");
      assertThatThrownBy(() -> UnixDatagramSocket.adopt(kernel, number))
          .isInstanceOf(IllegalArgumentException.class);
      int inner = server.detach();
      try (UnixStream again = UnixStream.adopt(kernel, inner)) {
        client.write(bytes("x"));
        assertThat(read(again)).isEqualTo("x");
      }
    }
    try (StreamListener<?> tcp = StreamListener.bind(kernel, TcpPair.loopback())) {
      int other = tcp.descriptor().number();
      assertThatThrownBy(() -> UnixListener.adopt(kernel, other))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no Unix socket");
    }
  }

  @Test
  void aFullStreamTakesNoMoreUntilItIsRead() throws IOException {
    try (UnixStream.Pair pair = UnixStream.pair(kernel)) {
      pair.one().set(UnixOption.SEND_BUFFER, 1 << 16);
      assertThat(pair.one().get(UnixOption.SEND_BUFFER)).isGreaterThanOrEqualTo(1 << 16);
      long filled = Bytes.fill(pair.one());
      assertThat(filled).isPositive();
      assertThat(pair.one().write(bytes("x"))).isEqualTo(Io.NOT_READY);
      assertThat(Bytes.drain(pair.other())).isEqualTo(filled);
      Ready.await(configuration, pair.one(), Interest.WRITABLE);
    }
  }
}
