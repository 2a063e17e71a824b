import dev.selkie.Io;
import dev.selkie.runtime.*;
import dev.selkie.runtime.task.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;

/**
 * V2: a buffer and a view into it, kept over waits.
 *
 * <p>A task whose one field points into another is no trouble here: the view refers to the buffer's
 * memory as an object, wherever the task is stored, moved to another thread, or its memory moved by
 * the collector. Nothing has to be pinned.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final class Collecting implements Task<String> {
  private final List<Task<String>> left;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 18);
  private ByteBuffer view = buffer.slice(); // what of the buffer is still free

  Collecting(List<Task<String>> tasks) {
    this.left = new ArrayList<>(tasks);
  }

  @Override
  public Poll<String> poll(Waker waker) throws Exception {
    while (!left.isEmpty()) {
      Poll<String> found = left.getFirst().poll(waker);
      if (!found.isReady()) {
        return Poll.pending();
      }
      left.removeFirst();
      view.put((found.value() + "\n").getBytes(StandardCharsets.US_ASCII)); // into the buffer too
      view = view.slice();
      IO.println("%s polled, %d bytes free".formatted(threadName(), view.capacity()));
    }
    buffer.limit(buffer.capacity() - view.capacity());
    return Poll.ready(StandardCharsets.US_ASCII.decode(buffer).toString());
  }
}

static String threadName() {
  return Thread.currentThread().getName();
}

static void run(SocketAddress server) throws Exception {
  ExecutorService threads =
      Executors.newFixedThreadPool(2, Thread.ofPlatform().name("thread-", 0).factory());
  try (threads;
      EventLoop loop = EventLoop.start()) {
    long start = System.nanoTime();
    Task<String> first = get(loop, server, 6 * SECOND / 10, "hello from the first");
    Task<String> second = get(loop, server, 4 * SECOND / 10, "hello from the second");
    // Polled by whichever thread of the pool is free, one after the other.
    String bodies = new Collecting(List.of(first, second)).start(threads).get();
    bodies.lines().forEach(body -> IO.println("body: " + body));
    IO.println("%d ms".formatted(millis(start)));
  }
}

/** As in C6: a connection, and what is written and read, each when the one before is done. */
static Task<String> get(EventLoop loop, SocketAddress server, int delay, String message) {
  ByteBuffer buffer = ByteBuffer.allocate(4096);
  StringBuilder answer = new StringBuilder();
  return Task.defer(() -> Task.from(loop.connectAsync(server)))
      .then(connection ->
          Task.write(connection.output(), request(delay, message))
              .then(_ ->
                  Task.repeat(() ->
                      Task.read(connection.input(), buffer.clear())
                          .map(n -> {
                            answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
                            return n != Io.END;
                          })))
              .map(_ -> body(answer))
              .ensure(connection::close));
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
    System.err.println("V2: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("V2: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: V2.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
