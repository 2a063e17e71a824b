import dev.selkie.*;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * E1: five requests at once, on one thread, by the five steps of an event queue.
 *
 * <p>Request i is answered after 5 - i seconds, so the answers come in the order 4, 3, 2, 1, 0, and
 * all of them in the time of the longest.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final int COUNT = 5;

static void run(SocketAddress server) throws IOException {
  TcpStream[] streams = new TcpStream[COUNT];
  ByteBuffer[] requests = new ByteBuffer[COUNT];
  StringBuilder[] answers = new StringBuilder[COUNT];
  try (EventQueue<Integer> queue = EventQueue.open()) { // 1: a queue
    for (int i = 0; i < COUNT; i++) {
      requests[i] = request((COUNT - i) * SECOND, "hello from request " + i);
      answers[i] = new StringBuilder();
      streams[i] = TcpStream.connect(server); // 2: a descriptor, which connects meanwhile
      queue.register(streams[i], Interest.READABLE_WRITABLE.edge(), i); // 3: interest in it
    }
    long start = System.nanoTime();
    int ends = 0;
    while (ends < COUNT) {
      Events<Integer> events = queue.await(Duration.ofMillis(SECOND / 2)); // 4: a wait
      if (events.isEmpty()) {
        IO.println("no event: " + events.cause());
      }
      for (Event<Integer> event : events) { // 5: what it tells of
        int i = event.attachment();
        if (advance(streams[i], requests[i], answers[i])) {
          streams[i].close(); // ends its registration too: the end of file is seen once
          ends++;
          IO.println("request %d, %d ms: %s".formatted(i, millis(start), body(answers[i])));
        }
      }
    }
    IO.println("%d answers, %d ends of file, %d ms".formatted(COUNT, ends, millis(start)));
  }
}

/**
 * Does what can be done without waiting; whether the answer has come to its end. An edge is told
 * once: what is left when this returns must be told anew, or nobody would come back for it.
 */
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
      return n == Io.END; // or Io.NOT_READY
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
    run(server(args));
  } catch (IllegalArgumentException e) {
    System.err.println("E1: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("E1: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: E1.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
