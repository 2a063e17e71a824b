import dev.selkie.net.TcpListener;
import dev.selkie.runtime.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.*;

/**
 * D1 to D4: the delay server, which the other steps ask.
 *
 * <p>{@code GET /{milliseconds}/{message}} is told by a line at once and answered with the message
 * after the delay; any number of requests wait at once. With {@code --append} 100,000 bytes follow
 * each message a little later, so that a reader runs dry in the middle. It is written with fibers,
 * of which the steps from F3 on tell.
 */
static final Pattern GET = Pattern.compile("GET /(\\d{1,8})/([^/?\\s]+)(\\?\\S*)? HTTP/1\\..*");

final AtomicInteger requests = new AtomicInteger();

/** Answers the one request of a connection. */
Void serve(Connection connection, String tail) throws IOException, InterruptedException {
  try (connection) {
    Matcher get = GET.matcher(head(connection.readTimeout(Duration.ofSeconds(30))));
    if (!get.lookingAt()) {
      answer(connection, "404 Not Found", "ask for /{milliseconds}/{message}", "");
      return null;
    }
    String message;
    try {
      message = URLDecoder.decode(get.group(2).replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      answer(connection, "404 Not Found", "the message is not well encoded", "");
      return null;
    }
    int delay = Integer.parseInt(get.group(1));
    String shown = message.replaceAll("\\p{Cntrl}", "?"); // it cannot command the terminal
    IO.println("#%d - %dms: %s".formatted(requests.incrementAndGet(), delay, shown));
    connection.loop().sleep(Duration.ofMillis(delay));
    answer(connection, "200 OK", message, tail);
    return null;
  }
}

/** Reads a request up to its empty line. */
static String head(Connection connection) throws IOException {
  ByteBuffer buffer = ByteBuffer.allocate(8192);
  String head = "";
  while (!head.contains("\r\n\r\n") && connection.read(buffer) > 0) {
    head = StandardCharsets.UTF_8.decode(buffer.duplicate().flip()).toString();
  }
  return head;
}

static void answer(Connection connection, String status, String body, String tail)
    throws IOException, InterruptedException {
  int length = body.getBytes(StandardCharsets.UTF_8).length + tail.length();
  String head =
      """
      HTTP/1.1 %s
      Content-Type: text/plain; charset=utf-8
      Content-Length: %d
      Connection: close

      """
          .formatted(status, length);
  write(connection, head.replace("\n", "\r\n") + body);
  if (!tail.isEmpty()) {
    connection.loop().sleep(Duration.ofMillis(20)); // who reads now finds no more
    write(connection, tail);
  }
}

static void write(Connection connection, String text) throws IOException {
  connection.writeFully(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
}

void main(String... args) {
  try {
    boolean append = args.length > 0 && args[0].equals("--append");
    int given = args.length - (append ? 1 : 0);
    URI place = URI.create("http://" + (given == 0 ? "localhost:8080" : args[args.length - 1]));
    if (given > 1 || place.getHost() == null || place.getPort() < 0) {
      throw new IllegalArgumentException("usage: D1.java [--append] [HOST:PORT]");
    }
    InetAddress host = InetAddress.getByName(place.getHost());
    listen(new InetSocketAddress(host, place.getPort()), append ? ".".repeat(100_000) : "");
  } catch (IOException | IllegalArgumentException e) {
    System.err.println("D1: " + e.getMessage());
    System.exit(e instanceof IOException ? 1 : 2);
  }
}

/** Gives each connection a fiber. */
void listen(InetSocketAddress address, String tail) throws IOException {
  try (EventLoop loop = EventLoop.start()) {
    TcpListener listener = TcpListener.bind(address);
    Incoming<Connection> incoming = loop.listen(listener);
    InetSocketAddress place = listener.localAddress();
    IO.println("delay server at %s:%d".formatted(place.getHostString(), place.getPort()));
    while (true) {
      Connection connection = incoming.take();
      loop.fiber(() -> serve(connection, tail)); // a client that is gone ends its fiber alone
    }
  }
}
