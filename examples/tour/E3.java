import dev.selkie.*;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;

/**
 * E3: deadlines. A queue has one timeout, that of the wait; a program has many deadlines.
 *
 * <p>They are kept in a heap: the next one is how long a wait may be, and after each wait those
 * that have passed are dealt with. With a second argument a request is given up after so many
 * seconds: {@code E3.java localhost:8080 2.5}.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final int COUNT = 5;

record Request(
    int number, TcpStream stream, ByteBuffer text, StringBuilder answer, long deadline) {}

static void run(SocketAddress server, long patience) throws IOException {
  Queue<Request> deadlines = new PriorityQueue<>(Comparator.comparingLong(Request::deadline));
  try (EventQueue<Request> queue = EventQueue.open()) {
    long start = System.nanoTime();
    for (int i = 0; i < COUNT; i++) {
      ByteBuffer text = request((COUNT - i) * SECOND, "hello from request " + i);
      TcpStream stream = TcpStream.connect(server);
      Request request = new Request(i, stream, text, new StringBuilder(), millis(start) + patience);
      queue.register(stream, Interest.READABLE_WRITABLE.edge(), request);
      deadlines.add(request);
    }
    int ends = 0;
    while (!deadlines.isEmpty()) {
      long left = deadlines.element().deadline - millis(start);
      Events<Request> events =
          queue.await(Duration.ofMillis(Math.clamp(left, 0, SECOND / 2))); // at least it says so
      if (events.isEmpty()) {
        IO.println("no event: " + events.cause());
      }
      for (Event<Request> event : events) {
        Request request = event.attachment();
        if (advance(request.stream, request.text, request.answer)) {
          request.stream.close();
          deadlines.remove(request);
          ends++;
          IO.println(
              "request %d, %d ms: %s"
                  .formatted(request.number, millis(start), body(request.answer)));
        }
      }
      while (!deadlines.isEmpty() && deadlines.element().deadline <= millis(start)) {
        Request late = deadlines.remove();
        late.stream.close(); // no event of it comes after this
        IO.println("request %d, %d ms: given up".formatted(late.number, millis(start)));
      }
    }
    IO.println("%d answers, %d ends of file, %d ms".formatted(ends, ends, millis(start)));
  }
}

/** As in E1. */
static boolean advance(TcpStream stream, ByteBuffer request, StringBuilder answer)
    throws IOException {
  if (!stream.finishConnect()) {
    return false;
  }
  while (request.hasRemaining()) {
    if (stream.write(request) == Io.NOT_READY) {
      return false;
    }
  }
  ByteBuffer buffer = ByteBuffer.allocate(4096);
  while (true) {
    int n = stream.read(buffer.clear());
    if (n < 0) {
      return n == Io.END;
    }
    answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
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
    run(server(args), patience(args));
  } catch (IllegalArgumentException e) {
    System.err.println("E3: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("E3: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 2 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: E3.java [HOST:PORT [SECONDS]]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}

/** How long an answer may take, in ms. */
static long patience(String... args) {
  String seconds = args.length < 2 ? "10" : args[1];
  if (!seconds.matches("\\d+(\\.\\d+)?")) {
    throw new IllegalArgumentException("usage: E3.java [HOST:PORT [SECONDS]], not " + seconds);
  }
  return Math.round(SECOND * Double.parseDouble(seconds));
}
