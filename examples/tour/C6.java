import dev.selkie.Io;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * C6: joined on an event loop: polled when woken, and not before.
 *
 * <p>C1 to C5 ask again and again. Here who says "pending" keeps the waker of the poll, and calls
 * it when it is worth to ask. The polls are counted: there are a few for each answer, however long
 * it takes.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

/** A GET, lazy: a connection, and what is written and read, each when the one before is done. */
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

static <T> Task<T> counted(Task<T> task, AtomicInteger polls) {
  return waker -> {
    polls.incrementAndGet();
    return task.poll(waker);
  };
}

static void run(SocketAddress server) throws Exception {
  try (EventLoop loop = EventLoop.start()) {
    long start = System.nanoTime();
    AtomicInteger polls = new AtomicInteger();
    List<Task<String>> five = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int number = i;
      Task<String> get = get(loop, server, i * SECOND, "hello from request " + i);
      five.add(
          counted(get, polls)
              .map(body -> {
                IO.println("request %d, %d ms: %s".formatted(number, millis(start), body));
                return body;
              }));
    }
    List<String> bodies = loop.run(Task.joinAll(five)).get();
    IO.println(polls + " polls");
    IO.println("%d answers, %d ms".formatted(bodies.size(), millis(start)));
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
    System.err.println("C6: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("C6: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: C6.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
