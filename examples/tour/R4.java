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
import java.util.concurrent.atomic.*;

/**
 * R4: twelve executors share one reactor: 60 requests, in the time of the longest.
 *
 * <p>The reactor is an event loop of Selkie's now, whose wakers may lead to any thread. The buffer
 * is small on purpose: no answer comes in one read, and each poll goes on where the last one
 * stopped.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final int EXECUTORS = 12;

static final int BUFFER_BYTES = 147;

static void run(SocketAddress server) throws Exception {
  try (EventLoop reactor = EventLoop.start();
      ExecutorService threads = Executors.newFixedThreadPool(EXECUTORS)) {
    long start = System.nanoTime();
    AtomicInteger answers = new AtomicInteger();
    List<Callable<Void>> runs = new ArrayList<>();
    for (int i = 0; i < EXECUTORS; i++) {
      Executor executor = new Executor("executor " + i);
      for (int j = 0; j < 5; j++) {
        String message = "answer %d for %s".formatted(j, executor.name);
        executor.start(
            new Get(reactor, server, j * SECOND, message)
                .map(body -> {
                  IO.println(body);
                  return answers.incrementAndGet();
                }));
      }
      runs.add(executor::run);
    }
    for (Future<Void> run : threads.invokeAll(runs)) {
      run.get();
    }
    IO.println("%d answers, %d ms".formatted(answers.get(), millis(start)));
  }
}

/** As in R3, but for its name. */
static final class Executor {
  private final BlockingQueue<Started> woken = new LinkedBlockingQueue<>();
  private final String name;
  private int pending; // used by the thread that runs it alone, and before it runs

  Executor(String name) {
    this.name = name;
  }

  /** A task with its waker, which puts it into the queue, once until its next poll. */
  private final class Started implements Waker {
    final Task<?> task;
    final AtomicBoolean queued = new AtomicBoolean();
    boolean over; // a waker may be called later than that

    Started(Task<?> task) {
      this.task = task;
    }

    @Override
    public void wake() {
      if (!queued.getAndSet(true)) {
        woken.add(this);
      }
    }
  }

  /** Has a task polled; before it runs, or on the thread that runs it. */
  void start(Task<?> task) {
    pending++;
    new Started(task).wake();
  }

  /** Polls what was woken until no task is left. */
  Void run() throws Exception {
    while (pending > 0) {
      if (woken.isEmpty()) {
        IO.println("%s: %d pending, asleep".formatted(name, pending));
      }
      Started next = woken.take(); // sleeps while there is none
      next.queued.set(false); // from here on it may be woken for the poll after this
      if (!next.over && next.task.poll(next).isReady()) {
        next.over = true;
        pending--;
      }
    }
    return null;
  }
}

/** A GET over a connection of a loop, which is the reactor; it may be polled on any thread. */
static final class Get implements Task<String> {
  private final EventLoop reactor;
  private final SocketAddress server;
  private final ByteBuffer text;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private final StringBuilder answer = new StringBuilder();
  private Task<Connection> connecting;
  private Connection connection;

  Get(EventLoop reactor, SocketAddress server, int delay, String message) {
    this.reactor = reactor;
    this.server = server;
    this.text = request(delay, message);
  }

  @Override
  public Poll<String> poll(Waker waker) throws Exception {
    if (connection == null) {
      if (connecting == null) {
        connecting = Task.from(reactor.connectAsync(server));
      }
      Poll<Connection> found = connecting.poll(waker);
      if (!found.isReady()) {
        return Poll.pending();
      }
      connection = found.value();
    }
    while (text.hasRemaining()) {
      if (connection.pollWrite(text, waker) == Io.NOT_READY) {
        return Poll.pending();
      }
    }
    while (true) {
      int n = connection.pollRead(buffer.clear(), waker);
      if (n == Io.NOT_READY) {
        return Poll.pending();
      }
      if (n == Io.END) {
        connection.close();
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
    System.err.println("R4: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("R4: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: R4.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
