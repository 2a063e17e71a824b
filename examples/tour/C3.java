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
 * C3: the same two requests, put together from smaller tasks.
 *
 * <p>{@code then} is a machine of two states, written once: polled, it polls the first task, and
 * from its end on the one that follows from what the first has come to.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static Task<Integer> two(SocketAddress server) {
  return Task.defer(
          () -> {
            IO.println("it begins");
            return new Get(server, 6 * SECOND / 10, "hello from the first");
          })
      .then(first -> {
        IO.println("answer: " + first);
        return new Get(server, 4 * SECOND / 10, "hello from the second");
      })
      .map(second -> {
        IO.println("answer: " + second);
        return 2;
      });
}

static void run(SocketAddress server) throws Exception {
  long start = System.nanoTime();
  Task<Integer> two = two(server);
  IO.println("made, not polled");
  IO.println("%d answers, %d ms".formatted(join(two), millis(start)));
}

/** The simplest executor: it asks again and again. */
static <T> T join(Task<T> task) throws Exception {
  for (int polls = 1; ; polls++) {
    Poll<T> found = task.poll(() -> {});
    if (found.isReady()) {
      IO.println(polls + " polls");
      return found.value();
    }
    Thread.sleep(SECOND / 100);
  }
}

/** As in C1. */
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
  public Poll<String> poll(Waker waker) throws IOException { // nobody is woken: see C6
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
    System.err.println("C3: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("C3: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: C3.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
