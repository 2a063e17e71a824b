import dev.selkie.Io;
import dev.selkie.runtime.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * C7: coroutines: code in sequence that is suspended at each wait.
 *
 * <p>Java has no async functions; a fiber keeps the whole stack instead, so that any method may
 * wait, and its caller, and the caller of that. The answers are those of C2. A generator is
 * suspended at each item, and goes on when it is asked for the next one.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static String get(EventLoop loop, SocketAddress server, int delay, String message)
    throws IOException {
  try (Connection connection = loop.connect(server)) { // suspended here,
    connection.writeFully(request(delay, message)); // here,
    StringBuilder answer = new StringBuilder();
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    while (connection.read(buffer.clear()) != Io.END) { // and here
      answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
    }
    return body(answer);
  }
}

static int two(EventLoop loop, SocketAddress server) throws IOException {
  IO.println("it begins");
  IO.println("answer: " + get(loop, server, 6 * SECOND / 10, "hello from the first"));
  IO.println("answer: " + get(loop, server, 4 * SECOND / 10, "hello from the second"));
  return 2;
}

/** Asks for one more, longer delayed each time, whenever an item is wanted. */
static Generator<String> items(EventLoop loop, SocketAddress server) {
  return Generator.of(out -> {
    try {
      for (int i = 0; ; i++) {
        out.yield(get(loop, server, i * SECOND / 10, "item " + i));
      }
    } finally {
      IO.println("the generator ends");
    }
  });
}

static int iterate(EventLoop loop, SocketAddress server) {
  int count = 0;
  try (Generator<String> items = items(loop, server)) {
    for (String item : items) {
      IO.println(item);
      if (++count == 3) {
        break; // nobody asks for a fourth
      }
    }
  }
  return count;
}

static void run(SocketAddress server) throws Exception {
  try (EventLoop loop = EventLoop.start()) {
    long start = System.nanoTime();
    int answers = loop.fiber(() -> two(loop, server)).join();
    IO.println("%d answers, %d ms".formatted(answers, millis(start)));
    IO.println(loop.fiber(() -> iterate(loop, server)).join() + " items");
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
    System.err.println("C7: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("C7: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: C7.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
