import dev.selkie.*;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;

/**
 * E4: the attachment is a handler, and the loop knows nothing of requests.
 *
 * <p>What was registered comes back with its events, so it may as well be what is to be done. The
 * loop is now the same for every program: a reactor. What a request comes to, a callback takes.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final int COUNT = 5;

interface Handler {
  void ready() throws IOException;
}

interface Callback {
  void answered(String body) throws IOException;
}

/** The loop: as long as there is somebody to wait for. */
static void react(EventQueue<Handler> queue) throws IOException {
  while (queue.size() > 0) {
    Events<Handler> events = queue.await(Duration.ofMillis(SECOND / 2));
    if (events.isEmpty()) {
      IO.println("no event: " + events.cause());
    }
    for (Event<Handler> event : events) {
      event.attachment().ready();
    }
  }
}

static final class Request implements Handler {
  private final TcpStream stream;
  private final ByteBuffer text;
  private final ByteBuffer buffer = ByteBuffer.allocate(4096);
  private final StringBuilder answer = new StringBuilder();
  private final Callback callback;

  Request(EventQueue<Handler> queue, SocketAddress server, ByteBuffer text, Callback callback)
      throws IOException {
    this.text = text;
    this.callback = callback;
    this.stream = TcpStream.connect(server);
    queue.register(stream, Interest.READABLE_WRITABLE.edge(), this);
  }

  @Override
  public void ready() throws IOException {
    if (!stream.finishConnect()) {
      return;
    }
    while (text.hasRemaining()) {
      if (stream.write(text) == Io.NOT_READY) {
        return;
      }
    }
    while (true) {
      int n = stream.read(buffer.clear());
      if (n == Io.NOT_READY) {
        return;
      }
      if (n == Io.END) {
        stream.close();
        callback.answered(body(answer));
        return;
      }
      answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
    }
  }
}

static void run(SocketAddress server) throws IOException {
  try (EventQueue<Handler> queue = EventQueue.open()) {
    long start = System.nanoTime();
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      int number = i;
      ByteBuffer text = request((COUNT - i) * SECOND, "hello from request " + i);
      new Request(
          queue,
          server,
          text,
          body -> {
            answers.add(body);
            IO.println("request %d, %d ms: %s".formatted(number, millis(start), body));
          });
    }
    react(queue);
    int ends = answers.size(); // a callback is called at the end of file
    IO.println("%d answers, %d ends of file, %d ms".formatted(COUNT, ends, millis(start)));
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
    System.err.println("E4: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("E4: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: E4.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
