package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.kernel.Sockets;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The event queue of core on a stepping simulated kernel. */
final class QueueOnSimulatedEpollTest {
  private final SimulatedKernel kernel = SimulatedKernel.stepping();

  @Test
  void aPipeIsReportedWhileItHasSomething() throws IOException {
    try (EventQueue<String> queue = EventQueue.open(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      assertThat(queue.poll().isEmpty()).isTrue();
      pipe.writer().write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      assertThat(queue.await().size()).isEqualTo(1);
      assertThat(queue.await().size()).isEqualTo(1);
      assertThat(pipe.reader().read(ByteBuffer.allocate(10))).isEqualTo(3);
      assertThat(queue.poll().isEmpty()).isTrue();
    }
    assertThat(kernel.openDescriptors()).isEmpty();
  }

  @Test
  void anEdgeIsReportedOnceAnArrival() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.sockets().pair(Sockets.Type.STREAM, ends)).isZero();
    try (EventQueue<String> queue = EventQueue.open(kernel);
        RawSource one = RawSource.own(kernel, ends[0]);
        RawSource other = RawSource.own(kernel, ends[1])) {
      queue.register(one, Interest.READABLE.edge(), "one");
      for (int i = 0; i < 2; i++) {
        other.write(ByteBuffer.wrap(new byte[1]));
        assertThat(queue.poll().size()).isEqualTo(1);
        assertThat(queue.poll().isEmpty()).isTrue();
      }
    }
  }

  @Test
  void anEmptyWaitLetsVirtualTimePass() throws IOException {
    try (EventQueue<String> queue = EventQueue.open(kernel)) {
      Duration wait = Duration.ofDays(365);
      Events<String> events = queue.await(wait);
      assertThat(events.cause()).isEqualTo(Events.Cause.TIMEOUT);
      assertThat(kernel.clock().nanoTime()).isEqualTo(wait.toNanos());
    }
  }

  @Test
  void aWaitThatNothingCanEndIsADeadlockThatNamesIt() throws IOException {
    try (EventQueue<String> queue = EventQueue.open(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      assertThatThrownBy(queue::await)
          .isInstanceOf(SimulatedDeadlockError.class)
          .hasMessageContaining("epoll_wait on localhost for eventfd 4 IN, pipe reader 5 IN");
    }
  }

  @Test
  void aConnectionIsMadeAndCarriesBytes() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    try (EventQueue<String> queue = EventQueue.open(kernel);
        TcpListener listener = TcpListener.bind(kernel, any);
        TcpStream client = TcpStream.connect(kernel, listener.localAddress())) {
      queue.register(listener, Interest.READABLE, "listener");
      assertThat(queue.await().size()).isEqualTo(1);
      try (TcpStream server = listener.accept()) {
        assertThat(client.finishConnect()).isTrue();
        assertThat(server.remoteAddress()).isEqualTo(client.localAddress());
        queue.register(server, Interest.READABLE, "server");
        client.write(ByteBuffer.wrap(new byte[] {7}));
        assertThat(queue.await().size()).isEqualTo(1);
        ByteBuffer got = ByteBuffer.allocateDirect(4);
        assertThat(server.read(got)).isEqualTo(1);
        assertThat(got.get(0)).isEqualTo((byte) 7);
      }
    }
    assertThat(kernel.openDescriptors()).isEmpty();
  }
}
