package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.UnixListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import java.nio.ByteBuffer;
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
}
