package dev.selkie.simulation;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * How many events a second a stepping kernel makes: arrivals waited for and read, by an echo server
 * and its 64 clients, all on one thread.
 *
 * <p>{@code java -ea --enable-native-access=ALL-UNNAMED -cp
 * core/target/classes:runtime/target/classes:simulation/target/classes:simulation/target/test-classes
 * dev.selkie.simulation.SpeedMain}
 */
final class SpeedMain {
  private static final int CONNECTIONS = 64;
  private static final int ROUNDS = 30_000;
  private static final int REPEATS = 5;
  private static final double NANOS_PER_SECOND = 1e9;

  private SpeedMain() {}

  /** Prints a figure for each repeat; the first ones warm up. */
  public static void main(String[] arguments) throws IOException {
    for (int i = 0; i < REPEATS; i++) {
      long start = System.nanoTime();
      long events = echo(ROUNDS);
      double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
      System.out.printf(
          "%,d events in %.3f s: %,.0f events/s%n", events, seconds, events / seconds);
    }
  }

  /** Echoes one message a connection a round, and returns how many events were taken. */
  static long echo(int rounds) throws IOException {
    SimulatedKernel kernel = SimulatedKernel.stepping();
    try (Echo echo = new Echo(kernel)) {
      for (int i = 0; i < rounds; i++) {
        echo.round();
      }
      return echo.events();
    }
  }

  /** An echo server and its clients, in two queues. */
  static final class Echo implements AutoCloseable {
    private final EventQueue<TcpStream> servers;
    private final EventQueue<TcpStream> clients;
    private final List<TcpStream> streams = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(64);
    private long events;

    Echo(SimulatedKernel kernel) throws IOException {
      servers = EventQueue.open(kernel);
      clients = EventQueue.open(kernel);
      InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
      try (TcpListener listener = TcpListener.bind(kernel, any)) {
        for (int i = 0; i < CONNECTIONS; i++) {
          TcpStream client = TcpStream.connect(kernel, listener.localAddress());
          TcpStream server = listener.accept();
          streams.add(client);
          streams.add(server);
          clients.register(client, Interest.READABLE, client);
          servers.register(server, Interest.READABLE, server);
        }
      }
    }

    /** Each client sends, the server answers all that has arrived, each client reads. */
    void round() throws IOException {
      for (int i = 0; i < streams.size(); i += 2) {
        streams.get(i).write(buffer.clear());
      }
      for (Event<TcpStream> event : servers.await()) {
        event.attachment().read(buffer.clear());
        event.attachment().write(buffer.flip());
        events++;
      }
      for (Event<TcpStream> event : clients.await()) {
        event.attachment().read(buffer.clear());
        events++;
      }
    }

    long events() {
      return events;
    }

    @Override
    public void close() {
      streams.forEach(TcpStream::close);
      servers.close();
      clients.close();
    }
  }
}
