import dev.selkie.Io;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;

/**
 * C5: the five requests joined: 4 seconds, for the sum has become the maximum.
 *
 * <p>To join tasks is to poll each of them that is not at its end. One thread is enough: no task
 * waits in its poll.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final class JoinAll implements Task<Integer> {
  private final List<Task<?>> pending;
  private final int count;

  JoinAll(List<? extends Task<?>> tasks) {
    this.pending = new ArrayList<>(tasks);
    this.count = tasks.size();
  }

  @Override
  public Poll<Integer> poll(Waker waker) throws Exception {
    for (Iterator<Task<?>> each = pending.iterator(); each.hasNext(); ) {
      if (each.next().poll(waker).isReady()) {
        each.remove(); // it is not polled again
      }
    }
    return pending.isEmpty() ? Poll.ready(count) : Poll.pending();
  }
}

static void run(SocketAddress server) throws Exception {
  long start = System.nanoTime();
  List<Task<Void>> five = new ArrayList<>();
  for (int i = 0; i < 5; i++) {
    int number = i;
    five.add(
        new Get(server, number * SECOND, "hello from request " + number)
            .map(body -> {
              IO.println("request %d, %d ms: %s".formatted(number, millis(start), body));
              return null;
            }));
  }
  IO.println("%d answers, %d ms".formatted(join(new JoinAll(five)), millis(start)));
}

/** The simplest executor: it asks again and again. */
static <T> T join(Task<T> task) throws Exception {
  for (int polls = 1; ; polls++) {
    Poll<T> found = task.poll(() -> {});
    if (found.isReady()) {
      IO.println(polls + " polls");
      return found.value();
    }
    Thread.sleep(SECOND / 100);
  }
}

/** As in C1. */
static final class Get implements Task<String> {
  private final SocketAddress server;
  private final ByteBuffer text;
  private final ByteBuffer buffer = ByteBuffer.allocate(4096);
  private final StringBuilder answer = new StringBuilder();
  private TcpStream stream; // null before the first poll: a task is lazy
  private boolean over;

  Get(SocketAddress server, int delay, String message) {
    this.server = server;
    this.text = request(delay, message);
  }

  @Override
  public Poll<String> poll(Waker waker) throws IOException { // nobody is woken: see C6
    if (over) {
      throw new IllegalStateException("the task was polled after its end");
    }
    if (stream == null) {
      stream = TcpStream.connect(server);
    }
    if (!stream.finishConnect()) {
      return Poll.pending();
    }
    while (text.hasRemaining()) {
      if (stream.write(text) == Io.NOT_READY) {
        return Poll.pending();
      }
    }
    while (true) {
      int n = stream.read(buffer.clear());
      if (n == Io.NOT_READY) {
        return Poll.pending();
      }
      if (n == Io.END) {
        over = true;
        stream.close();
        return Poll.ready(body(answer));
      }
      answer.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
    }
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
    System.err.println("C5: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("C5: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: C5.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
