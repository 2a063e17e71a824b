import dev.selkie.*;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;

/**
 * E2: an edge is told once, so drain, or remember.
 *
 * <p>E1 reads until nothing is left, during which all others wait. Here each stream has one read a
 * round, and what may have more is remembered by the program: the queue will not say it again. To
 * see a reader run dry in the middle, start the server by {@code D1.java --append}.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final int COUNT = 5;

static final class Request {
  final int number;
  final TcpStream stream;
  final ByteBuffer text;
  final StringBuilder answer = new StringBuilder();
  int reads;
  int dry; // how often nothing was left, with the answer begun

  Request(int number, SocketAddress server) throws IOException {
    this.number = number;
    this.text = request((COUNT - number) * SECOND, "hello from request " + number);
    this.stream = TcpStream.connect(server);
  }

  /** One step: its count, {@link Io#NOT_READY} or {@link Io#END}. */
  int step(ByteBuffer buffer) throws IOException {
    if (!stream.finishConnect()) {
      return Io.NOT_READY;
    }
    if (text.hasRemaining()) {
      return stream.write(text);
    }
    int n = stream.read(buffer.clear());
    if (n > 0) {
      reads++;
      answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
    } else if (n == Io.NOT_READY && reads > 0) {
      dry++;
    }
    return n;
  }
}

static void run(SocketAddress server) throws IOException {
  try (EventQueue<Request> queue = EventQueue.open()) {
    for (int i = 0; i < COUNT; i++) {
      Request request = new Request(i, server);
      queue.register(request.stream, Interest.READABLE_WRITABLE.edge(), request);
    }
    long start = System.nanoTime();
    Set<Request> ready = new LinkedHashSet<>(); // what may have more
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    int ends = 0;
    while (ends < COUNT) {
      Duration patience = ready.isEmpty() ? Duration.ofMillis(SECOND / 2) : Duration.ZERO;
      Events<Request> events = queue.await(patience);
      for (Event<Request> event : events) {
        ready.add(event.attachment());
      }
      if (ready.isEmpty()) {
        IO.println("no event: " + events.cause());
      }
      for (Request request : List.copyOf(ready)) {
        int n = request.step(buffer);
        if (n == Io.NOT_READY) {
          ready.remove(request); // the queue tells when there is more
        } else if (n == Io.END) {
          ready.remove(request);
          request.stream.close();
          ends++;
          tell(request, start);
        }
      }
    }
    IO.println("%d answers, %d ends of file, %d ms".formatted(COUNT, ends, millis(start)));
  }
}

static void tell(Request request, long start) {
  String body = body(request.answer);
  IO.println(
      "request %d, %d ms: %s".formatted(request.number, millis(start), body.replace(".", ""))
          + " (%d bytes, %d reads, ran dry %d times)"
              .formatted(body.length(), request.reads, request.dry));
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
    System.err.println("E2: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("E2: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: E2.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
