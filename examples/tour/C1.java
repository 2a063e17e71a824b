import dev.selkie.Io;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * C1: a future that is polled, by hand.
 *
 * <p>A task is an object that keeps in its fields how far it has come. Making it does nothing at
 * all; each poll goes on as far as it can without waiting, and tells whether it has come to its
 * end.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final class Get implements Task<String> {
  private final SocketAddress server;
  private final ByteBuffer text;
  private final ByteBuffer buffer = ByteBuffer.allocate(4096);
  private final StringBuilder answer = new StringBuilder();
  private TcpStream stream; // null before the first poll: a task is lazy
  private boolean over;

  Get(SocketAddress server, int delay, String message) {
    this.server = server;
    this.text = request(delay, message);
  }

  @Override
  public Poll<String> poll(Waker waker) throws IOException { // nobody is woken: C6 has that
    if (over) {
      throw new IllegalStateException("the task was polled after its end");
    }
    if (stream == null) {
      stream = TcpStream.connect(server);
    }
    if (!stream.finishConnect()) {
      return Poll.pending();
    }
    while (text.hasRemaining()) {
      if (stream.write(text) == Io.NOT_READY) {
        return Poll.pending();
      }
    }
    while (true) {
      int n = stream.read(buffer.clear());
      if (n == Io.NOT_READY) {
        return Poll.pending();
      }
      if (n == Io.END) {
        over = true;
        stream.close();
        return Poll.ready(body(answer));
      }
      answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
    }
  }
}

static Poll<String> poll(Task<String> task) throws Exception {
  IO.println("poll");
  Poll<String> found = task.poll(() -> {}); // nobody wants to be woken
  IO.println(found);
  return found;
}

static void run(SocketAddress server) throws Exception {
  long start = System.nanoTime();
  Task<String> get = new Get(server, SECOND, "hello from a task");
  IO.println("made, not polled: nothing has happened");
  Poll<String> found = poll(get);
  while (!found.isReady()) {
    Thread.sleep(SECOND / 4); // what an executor does better
    found = poll(get);
  }
  IO.println("%d ms: %s".formatted(millis(start), found.value()));
  try {
    get.poll(() -> {});
  } catch (IllegalStateException e) {
    IO.println("polled once more: " + e.getMessage());
  }
}

static ByteBuffer request(int delay, String message) {
  String path = "/" + delay + "/" + message.replace(" ", "%20");
  String text = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
}

static String body(CharSequence answer) {
  return answer.toString().replaceFirst("(?s).*?\r\n\r\n", "");
}

static long millis(long start) {
  return Duration.ofNanos(System.nanoTime() - start).toMillis();
}

void main(String... args) {
  try {
    run(server(args));
  } catch (IllegalArgumentException e) {
    System.err.println("C1: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("C1: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: C1.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
