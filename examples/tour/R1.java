import dev.selkie.*;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * R1: an executor that sleeps: it polls one task, and waits on the event queue while that is
 * pending.
 *
 * <p>The task registers what it waits for; whichever event comes, the task is polled.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static <T> T blockOn(Task<T> task, EventQueue<String> queue) throws Exception {
  while (true) {
    Poll<T> found = task.poll(() -> {}); // the only one: nobody has to tell whom to poll
    if (found.isReady()) {
      return found.value();
    }
    IO.println("1 task is pending: asleep");
    queue.await();
  }
}

static void run(SocketAddress server) throws Exception {
  try (EventQueue<String> queue = EventQueue.open()) {
    long start = System.nanoTime();
    Task<Integer> two =
        new Get(queue, server, 6 * SECOND / 10, "hello from the first")
            .then(first -> {
              IO.println("answer: " + first);
              return new Get(queue, server, 4 * SECOND / 10, "hello from the second");
            })
            .map(second -> {
              IO.println("answer: " + second);
              return 2;
            });
    IO.println("%d answers, %d ms".formatted(blockOn(two, queue), millis(start)));
  }
}

static final class Get implements Task<String> {
  private final EventQueue<String> queue;
  private final SocketAddress server;
  private final ByteBuffer text;
  private final ByteBuffer buffer = ByteBuffer.allocate(4096);
  private final StringBuilder answer = new StringBuilder();
  private TcpStream stream; // null before the first poll
  private boolean over;

  Get(EventQueue<String> queue, SocketAddress server, int delay, String message) {
    this.queue = queue;
    this.server = server;
    this.text = request(delay, message);
  }

  @Override
  public Poll<String> poll(Waker waker) throws IOException { // woken by any event
    if (over) {
      throw new IllegalStateException("the task was polled after its end");
    }
    if (stream == null) {
      stream = TcpStream.connect(server);
      queue.register(stream, Interest.READABLE_WRITABLE.edge(), "one for all");
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
    System.err.println("R1: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("R1: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: R1.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
