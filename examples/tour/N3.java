import dev.selkie.Io;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;

/**
 * N3: a hundred tasks on the platform's own executor, task i delayed by 10 i ms.
 *
 * <p>{@code start(executor)} has any executor poll a task, here the JDK's common pool, and makes a
 * {@code CompletableFuture} of it; the loop is nothing but the reactor. All are answered in the
 * time of the last.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

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

static void run(SocketAddress server) throws Exception {
  try (EventLoop loop = EventLoop.start()) {
    long start = System.nanoTime();
    Set<String> threads = ConcurrentHashMap.newKeySet();
    List<CompletableFuture<String>> hundred = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      hundred.add(
          get(loop, server, i * SECOND / 100, "hello from task " + i)
              .map(body -> {
                threads.add(Thread.currentThread().getName());
                return body;
              })
              .start(ForkJoinPool.commonPool()));
    }
    for (CompletableFuture<String> future : hundred) {
      IO.println(future.get());
    }
    threads.forEach(name -> IO.println("polled on " + name));
    IO.println("%d answers, %d ms".formatted(hundred.size(), millis(start)));
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
    System.err.println("N3: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("N3: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: N3.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
