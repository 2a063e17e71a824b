package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One seed, one run: traces are compared line by line. */
final class ReplayTest {
  private static final int BYTES = 20_000;
  private static final int CONNECTIONS = 8;

  @Test
  void twoRunsFromOneSeedGiveTheSameTrace() throws IOException {
    List<String> first = run(7);
    assertThat(first).hasSizeGreaterThan(1000);
    assertThat(run(7)).isEqualTo(first);
  }

  @Test
  void anotherSeedGivesAnotherTraceAndTheSameBytes() throws IOException {
    assertThat(run(8)).isNotEqualTo(run(9));
  }

  /**
   * What each does is {@link FreedomTest}'s; here each is taken, and the bytes come all the same.
   */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"LOST_DATAGRAMS", "SHORT_BATCHES"}) // the run sends none
  void withoutAnyOneFreedomTheRunIsAnother(Freedom freedom) throws IOException {
    assertThat(run(11, EnumSet.complementOf(EnumSet.of(freedom)))).isNotEqualTo(run(11));
  }

  /** Two hosts, one of which sends and the other counts, with every freedom there is. */
  private static List<String> run(long seed) throws IOException {
    return run(seed, EnumSet.allOf(Freedom.class));
  }

  private static List<String> run(long seed, Set<Freedom> freedoms) throws IOException {
    List<String> trace = new ArrayList<>();
    SimulatedNetwork network =
        SimulatedNetwork.builder()
            .seed(seed)
            .allow(freedoms.toArray(Freedom[]::new))
            .latency(Duration.ofNanos(10), Duration.ofMillis(3))
            .trace(trace::add)
            .build();
    InetAddress address = InetAddress.ofLiteral("10.0.0.1");
    SimulatedKernel server =
        SimulatedKernel.builder().network(network).name("server").address(address).build();
    SimulatedKernel client =
        SimulatedKernel.builder()
            .network(network)
            .name("client")
            .address(InetAddress.ofLiteral("10.0.0.2"))
            .build();
    try (Sink sink = new Sink(server, new InetSocketAddress(address, 80))) {
      network.attach(sink);
      send(client, sink.address(), seed);
      network.run(() -> sink.received == (long) BYTES * CONNECTIONS);
      network.detach(sink);
    }
    assertThat(server.openDescriptors()).isEmpty();
    assertThat(client.openDescriptors()).isEmpty();
    return trace;
  }

  private static void send(SimulatedKernel client, InetSocketAddress to, long seed)
      throws IOException {
    Random random = new Random(seed);
    int[] left = new int[CONNECTIONS];
    try (EventQueue<Integer> queue = EventQueue.open(client)) {
      List<TcpStream> streams = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        TcpStream stream = TcpStream.connect(client, to);
        queue.register(stream, Interest.WRITABLE, i);
        streams.add(stream);
        left[i] = BYTES;
      }
      int open = CONNECTIONS;
      while (open > 0) {
        for (Event<Integer> event : queue.await()) {
          int i = event.attachment();
          TcpStream stream = streams.get(i);
          if (!stream.finishConnect()) {
            continue; // a hint that proved wrong
          }
          ByteBuffer piece = ByteBuffer.allocate(Math.min(left[i], 1 + random.nextInt(3000)));
          int n = stream.write(piece);
          left[i] -= Math.max(n, 0);
          if (left[i] == 0) {
            stream.close();
            open--;
          }
        }
      }
    }
  }

  /** Accepts, reads to the end and counts. */
  private static final class Sink implements Stepped, AutoCloseable {
    private final EventQueue<AutoCloseable> queue;
    private final TcpListener listener;
    private final Set<TcpStream> open = new HashSet<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(5000);
    private long received;

    Sink(SimulatedKernel kernel, InetSocketAddress address) throws IOException {
      queue = EventQueue.open(kernel);
      listener = TcpListener.bind(kernel, address);
      queue.register(listener, Interest.READABLE, listener);
    }

    InetSocketAddress address() {
      return listener.localAddress();
    }

    @Override
    public boolean step() {
      try {
        Events<AutoCloseable> events = queue.poll();
        for (Event<AutoCloseable> event : events) {
          if (event.attachment() instanceof TcpStream stream) {
            take(stream);
          } else {
            accept();
          }
        }
        return !events.isEmpty();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private void accept() throws IOException {
      TcpStream stream = listener.accept();
      if (stream != null) {
        open.add(stream);
        queue.register(stream, Interest.READABLE, stream);
      }
    }

    private void take(TcpStream stream) throws IOException {
      int n = stream.read(buffer.clear());
      if (n == Io.END) {
        stream.close();
        open.remove(stream);
      } else {
        received += Math.max(n, 0);
      }
    }

    @Override
    public long nanosToNextDeadline() {
      return -1;
    }

    @Override
    public void close() {
      open.forEach(TcpStream::close);
      listener.close();
      queue.close();
    }
  }
}
