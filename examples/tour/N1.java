import dev.selkie.Io;
import dev.selkie.runtime.*;
import java.io.IOException;
import java.net.*;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.CompletableFuture;

/**
 * N1: the same with the platform's own futures, and with a client that knows nothing of Selkie.
 *
 * <p>What a loop hands out are {@code CompletableFuture}s, so that whatever takes those takes them:
 * five requests over the loop and one of the JDK's HTTP client are joined as equals. A future is
 * not lazy: it is under way when it is made.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static CompletableFuture<String> get(
    EventLoop loop, SocketAddress server, int delay, String message) {
  return loop.connectAsync(server)
      .thenCompose(connection ->
          connection
              .writeFullyAsync(request(delay, message))
              .thenCompose(_ -> read(connection, ByteBuffer.allocate(4096), new StringBuilder()))
              .whenComplete((_, _) -> connection.close()));
}

/** A loop over waits: a future that is composed of itself, until the end of file. */
static CompletableFuture<String> read(
    Connection connection, ByteBuffer buffer, StringBuilder answer) {
  return connection
      .readAsync(buffer.clear())
      .thenCompose(n -> {
        answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
        return n == Io.END
            ? CompletableFuture.completedFuture(body(answer))
            : read(connection, buffer, answer);
      });
}

static CompletableFuture<String> foreign(HttpClient client, InetSocketAddress server, int delay) {
  String place = server.getAddress().getHostAddress() + ":" + server.getPort();
  URI path =
      URI.create("http://" + place + "/" + delay + "/hello%20from%20the%20client%20of%20the%20JDK");
  return client
      .sendAsync(HttpRequest.newBuilder(path).build(), HttpResponse.BodyHandlers.ofString())
      .thenApply(HttpResponse::body);
}

static void run(InetSocketAddress server) throws Exception {
  try (EventLoop loop = EventLoop.start();
      HttpClient client = HttpClient.newHttpClient()) {
    long start = System.nanoTime();
    List<CompletableFuture<String>> six = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      six.add(get(loop, server, i * SECOND, "hello from request " + i));
    }
    six.add(foreign(client, server, 5 * SECOND / 2));
    six.forEach(future ->
        future.thenAccept(body -> IO.println("%d ms: %s".formatted(millis(start), body))));
    CompletableFuture.allOf(six.toArray(CompletableFuture[]::new)).get();
    IO.println("%d answers, %d ms".formatted(six.size(), millis(start)));
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
    System.err.println("N1: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("N1: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: N1.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
