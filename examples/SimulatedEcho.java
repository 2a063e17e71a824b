import dev.selkie.*;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.*;
import dev.selkie.simulation.*;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.*;

/** An echo server; all that makes it fit for stepping is that a turn of its loop is a method. */
static final class Server implements Stepped, AutoCloseable {
  final EventQueue<Source> queue;
  final ByteBuffer buffer = ByteBuffer.allocate(64);
  final List<Source> open = new ArrayList<>();

  Server(InetSocketAddress address) throws IOException {
    queue = EventQueue.open(); // both of the kernel that is bound: see run
    add(TcpListener.bind(address));
  }

  void add(Source source) throws IOException {
    open.add(source);
    queue.register(source, Interest.READABLE, source);
  }

  /** One turn: what is ready now, without waiting; whether there was anything to do. */
  public boolean step() {
    Events<Source> events = queue.poll();
    try {
      for (Event<Source> event : events) {
        if (event.attachment() instanceof TcpStream stream) {
          echo(stream);
        } else if (((TcpListener) event.attachment()).accept() instanceof TcpStream stream) {
          add(stream);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return !events.isEmpty();
  }

  void echo(TcpStream stream) throws IOException {
    if (stream.read(buffer.clear()) == Io.END) {
      stream.close();
      return;
    }
    for (buffer.flip(); buffer.hasRemaining(); ) {
      stream.write(buffer); // perhaps in pieces; so little always fits the socket
    }
  }

  /** A server with timers tells the time to the next one, by kernel.clock(). */
  public long nanosToNextDeadline() {
    return -1;
  }

  public void close() {
    open.forEach(Source::close);
    queue.close();
  }
}

/** Sends a greeting and awaits its echo, for a second at most of the kernel's time. */
static Duration greet(InetSocketAddress address) throws IOException {
  var clock = Kernel.current().clock();
  long start = clock.nanoTime();
  long deadline = start + Duration.ofSeconds(1).toNanos();
  ByteBuffer greeting = ByteBuffer.wrap("hello, simulated world".getBytes());
  ByteBuffer answer = ByteBuffer.allocate(greeting.capacity());
  try (EventQueue<TcpStream> queue = EventQueue.open();
      TcpStream stream = TcpStream.connect(address)) {
    queue.register(stream, Interest.WRITABLE, stream);
    while (answer.hasRemaining()) {
      if (clock.nanoTime() >= deadline) {
        throw new IOException("no echo within a second");
      }
      for (Event<TcpStream> event : queue.awaitNanos(deadline - clock.nanoTime())) {
        if (!greeting.hasRemaining()) {
          if (stream.read(answer) == Io.END) {
            throw new IOException("the server has closed");
          }
        } else if (stream.finishConnect() && stream.write(greeting) >= 0) {
          event.registration().modify(
              greeting.hasRemaining() ? Interest.WRITABLE : Interest.READABLE);
        }
      }
    }
  }
  return Duration.ofNanos(clock.nanoTime() - start);
}

/** One run of two hosts: all that happens follows from the seed. */
static List<String> run(long seed) throws IOException {
  List<String> trace = new ArrayList<>();
  SimulatedNetwork network =
      SimulatedNetwork.builder()
          .seed(seed)
          .latency(Duration.ofMillis(1), Duration.ofMillis(5))
          .allow(Freedom.values())
          .trace(trace::add)
          .build();
  var address = new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 7);
  SimulatedKernel there =
      SimulatedKernel.builder()
          .network(network).name("server").address(address.getAddress()).build();
  SimulatedKernel here =
      SimulatedKernel.builder()
          .network(network).name("client").address(InetAddress.ofLiteral("10.0.0.2")).build();
  try (Server server = Kernel.where(there).call(() -> new Server(address))) {
    network.attach(server); // the client's waits step it
    Duration taken = Kernel.where(here).call(() -> greet(address));
    IO.println("seed %d: echoed after %d us of virtual time".formatted(seed, taken.toNanos() / 1000));
    network.detach(server);
  }
  return trace;
}

void main() throws IOException {
  List<String> first = run(7);
  IO.println("the same again: " + run(7).equals(first));
  IO.println("another seed, the same: " + run(8).equals(first));
  first.stream().limit(24).forEach(IO::println);
}
