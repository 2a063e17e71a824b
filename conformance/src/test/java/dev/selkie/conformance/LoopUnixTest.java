package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Envelope;
import dev.selkie.Io;
import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.net.UnixListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Datagrams;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Unix sockets on an event loop: it listens and connects at their addresses. */
@LoopContract
final class LoopUnixTest extends LoopCases {
  private final Configuration own;

  LoopUnixTest(Configuration configuration) {
    super(configuration);
    this.own = configuration;
  }

  @Test
  void fibersAndFuturesConnectToAPath() throws Exception {
    try (SocketFolder folder = new SocketFolder(own)) {
      UnixAddress address = folder.address("a");
      EventLoop loop = startedMounting();
      Incoming<Connection> incoming = loop.listen(address);
      assertThat(incoming.boundAddress()).isEqualTo(address);
      assertThatThrownBy(incoming::localAddress).isInstanceOf(IllegalStateException.class);
      Connection client = result(loop.connectAsync(address));
      Connection server = result(incoming.takeAsync());
      int received =
          result(
              loop.fiber(() -> {
                client.writeFully(ByteBuffer.allocate(1000));
                client.close();
                int sum = 0;
                ByteBuffer target = ByteBuffer.allocate(300);
                for (int n = server.read(target); n >= 0; n = server.read(target.clear())) {
                  sum += n;
                }
                server.close();
                return sum;
              }));
      assertThat(received).isEqualTo(1000);
      incoming.close();
      assertThat(faults).isEmpty();
    }
  }

  @Test
  void aRefusalFailsTheFuture() throws Exception {
    try (SocketFolder folder = new SocketFolder(own)) {
      UnixAddress address = folder.address("stale");
      UnixListener.bind(kernel, address).close();
      EventLoop loop = started();
      assertThatThrownBy(() -> result(loop.connectAsync(address)))
          .hasStackTraceContaining("connect(" + address + "): ECONNREFUSED");
    }
  }

  /** The receiver has room again, of which nothing tells a sender that is not connected to it. */
  @Test
  void whoIsNotConnectedSendsOnceThereIsRoom() throws Exception {
    try (SocketFolder folder = new SocketFolder(own)) {
      UnixAddress address = folder.address("full");
      UnixDatagramSocket receiver = UnixDatagramSocket.bind(kernel, address);
      UnixDatagramSocket filling = UnixDatagramSocket.connect(kernel, address);
      int sent = 0;
      while (filling.send(ByteBuffer.allocate(1)) != Io.NOT_READY) {
        sent++;
      }
      EventLoop loop = startedMounting();
      Datagrams sender = loop.attach(UnixDatagramSocket.builder().kernel(kernel).open());
      CompletableFuture<Integer> waiting =
          sender.sendAsync(ByteBuffer.allocate(2), Envelope.to(address));
      assertThat(result(loop.fiber(() -> waiting.isDone()))).isFalse();
      for (int i = 0; i < sent; i++) {
        assertThat(receiver.receive(ByteBuffer.allocate(9))).isEqualTo(1);
      }
      assertThat(result(waiting)).isEqualTo(2);
      assertThat(receiver.receive(ByteBuffer.allocate(9))).isEqualTo(2);
      sender.close();
      filling.close();
      receiver.close();
      assertThat(faults).isEmpty();
    }
  }
}
