package dev.selkie;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SmokeTest {
  @Test
  void anEchoOverTcp() throws Exception {
    CountingKernel kernel = new CountingKernel(Kernel.system());
    try (EventQueue<String> queue = EventQueue.open(kernel);
        TcpListener listener =
            TcpListener.bind(
                kernel, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        TcpStream client = TcpStream.connect(kernel, listener.localAddress())) {
      queue.register(listener, Interest.READABLE, "listener");
      queue.register(client, Interest.WRITABLE, "client");
      int seen = 0;
      TcpStream server = null;
      while (seen < 2) {
        for (Event<String> event : queue.await(Duration.ofSeconds(5))) {
          System.out.println(event);
          if (event.attachment().equals("listener") && server == null) {
            server = listener.accept();
            seen++;
          } else if (event.attachment().equals("client")) {
            assertThat(client.finishConnect()).isTrue();
            event.registration().cancel();
            seen++;
          }
        }
      }
      assertThat(client.write(ByteBuffer.wrap("hello".getBytes()))).isEqualTo(5);
      queue.register(server, Interest.READABLE, "server");
      Events<String> events = queue.await(Duration.ofSeconds(5));
      assertThat(events.size()).isEqualTo(1);
      ByteBuffer buffer = ByteBuffer.allocateDirect(16);
      assertThat(server.read(buffer)).isEqualTo(5);
      assertThat(server.read(buffer)).isEqualTo(Io.NOT_READY);
      server.close();
      System.out.println(kernel);
      System.out.println(kernel.facilities() + " " + kernel.description());
    }
  }
}
