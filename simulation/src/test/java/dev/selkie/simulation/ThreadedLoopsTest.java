package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Loops with threads on a network with threads. */
final class ThreadedLoopsTest {
  private static final int PAIRS = 4;
  private static final int MESSAGES = 5_000;

  /** The network's lock must not be handed to a fiber whose carrier waits for it, too. */
  @Test
  void loopsAndTheirFibersShareTheNetworksLock() throws Exception {
    SimulatedKernel kernel = SimulatedNetwork.threaded().host("host");
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    try (EventLoop servers = started(kernel);
        EventLoop clients = started(kernel);
        TcpListener listener = TcpListener.bind(kernel, any);
        Incoming<Connection> incoming = servers.listen(listener)) {
      List<Fiber<Integer>> fibers = new ArrayList<>();
      for (int i = 0; i < PAIRS; i++) {
        Connection client = clients.connect(listener.localAddress());
        Connection server = incoming.take();
        fibers.add(servers.fiber(() -> exchange(server, false)));
        fibers.add(clients.fiber(() -> exchange(client, true)));
      }
      for (Fiber<Integer> fiber : fibers) {
        assertThat(fiber.get(15, TimeUnit.SECONDS)).isEqualTo(MESSAGES);
      }
    }
  }

  private static EventLoop started(SimulatedKernel kernel) throws IOException {
    return EventLoop.builder().kernel(kernel).mountFibers(true).start();
  }

  private static int exchange(Connection connection, boolean begins) throws IOException {
    try (connection) {
      ByteBuffer message = ByteBuffer.allocate(1);
      int count = 0;
      while (count < MESSAGES) {
        if (begins || count > 0) {
          connection.writeFully(message.clear());
        }
        connection.readFully(message.clear());
        count++;
      }
      if (!begins) {
        connection.writeFully(message.clear());
      }
      return count;
    }
  }
}
