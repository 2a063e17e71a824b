import dev.selkie.*;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * E5: a wait is ended from elsewhere. Another thread hands requests in, and wakes the one that
 * waits.
 *
 * <p>A wake before the wait makes the wait return at once, so that none is lost between looking
 * into the mailbox and falling asleep; many are told as one.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final int COUNT = 5;

record Request(int number, TcpStream stream, ByteBuffer text, StringBuilder answer) {}

static void run(SocketAddress server) throws IOException {
  Queue<Integer> mailbox = new ConcurrentLinkedQueue<>();
  try (EventQueue<Request> queue = EventQueue.open()) {
    long start = System.nanoTime();
    Thread client =
        Thread.ofPlatform()
            .name("client")
            .start(() -> {
              for (int i = 0; i < COUNT; i++) {
                mailbox.add(i); // first the letter, then the bell
                queue.wake();
              }
            });
    IO.println("the thread " + client.getName() + " hands in what is asked for");
    int ends = 0;
    while (ends < COUNT) {
      Events<Request> events = queue.await(Duration.ofMillis(SECOND / 2));
      if (events.cause() == Events.Cause.WAKE) {
        IO.println("woken with %d events".formatted(events.size()));
      } else if (events.isEmpty()) {
        IO.println("no event: " + events.cause());
      }
      for (Event<Request> event : events) {
        Request request = event.attachment();
        if (advance(request.stream, request.text, request.answer)) {
          request.stream.close();
          ends++;
          IO.println(
              "request %d, %d ms: %s"
                  .formatted(request.number, millis(start), body(request.answer)));
        }
      }
      for (Integer i = mailbox.poll(); i != null; i = mailbox.poll()) {
        TcpStream stream = TcpStream.connect(server);
        ByteBuffer text = request((COUNT - i) * SECOND, "hello from request " + i);
        Request request = new Request(i, stream, text, new StringBuilder());
        queue.register(stream, Interest.READABLE_WRITABLE.edge(), request);
      }
    }
    IO.println("%d answers, %d ends of file, %d ms".formatted(COUNT, ends, millis(start)));
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
    run(server(args));
  } catch (IllegalArgumentException e) {
    System.err.println("E5: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("E5: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: E5.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
