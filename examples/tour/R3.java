import dev.selkie.*;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

/**
 * R3: tasks that start tasks: an executor of many, with a queue of those that were woken.
 *
 * <p>What wakes a task puts it into the queue, and the executor sleeps while the queue is empty.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

static final class Executor {
  private final BlockingQueue<Started> woken = new LinkedBlockingQueue<>();
  private int pending; // used by the thread that runs it alone

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

  /** Has a task polled; to be called on the thread that runs it. */
  void start(Task<?> task) {
    pending++;
    new Started(task).wake();
  }

  /** Polls what was woken until no task is left. */
  void run() throws Exception {
    while (pending > 0) {
      if (woken.isEmpty()) {
        IO.println(pending + (pending == 1 ? " task is" : " tasks are") + " pending: asleep");
      }
      Started next = woken.take(); // sleeps while there is none
      next.queued.set(false); // from here on it may be woken for the poll after this
      if (!next.over && next.task.poll(next).isReady()) {
        next.over = true;
        pending--;
      }
    }
  }
}

static void run(SocketAddress server) throws Exception {
  try (Reactor reactor = new Reactor()) {
    long start = System.nanoTime();
    Executor executor = new Executor();
    executor.start(waker -> {
      for (int i = 0; i < 5; i++) {
        int number = i;
        executor.start( // from within a task
            new Get(reactor, server, i * SECOND, "hello from request " + i)
                .map(body -> {
                  IO.println("request %d, %d ms: %s".formatted(number, millis(start), body));
                  return body;
                }));
      }
      IO.println("the first task has started five");
      waker.wake(); // too late: who has come to its end is not polled again
      return Poll.ready(5);
    });
    executor.run();
    IO.println("no task is left, %d ms".formatted(millis(start)));
  }
}

/** As in R2. */
static final class Reactor implements AutoCloseable {
  private final EventQueue<AtomicReference<Waker>> queue = EventQueue.open();
  private final Thread thread = Thread.ofPlatform().name("reactor").unstarted(this::react);

  Reactor() throws IOException {
    thread.start();
  }

  private void react() {
    try {
      while (true) {
        for (Event<AtomicReference<Waker>> event : queue.await()) {
          event.attachment().get().wake();
        }
      }
    } catch (ClosedQueueException e) {
      // closed: the end
    }
  }

  /** Wakes, from now on, whoever is in a place whenever something happens to a stream. */
  void register(TcpStream stream, AtomicReference<Waker> place) throws IOException {
    queue.register(stream, Interest.READABLE_WRITABLE.edge(), place);
  }

  @Override
  public void close() {
    queue.close(); // ends the wait, and with it the thread
  }
}

/** As in R2. */
static final class Get implements Task<String> {
  private final Reactor reactor;
  private final SocketAddress server;
  private final ByteBuffer text;
  private final ByteBuffer buffer = ByteBuffer.allocate(4096);
  private final AtomicReference<Waker> place = new AtomicReference<>();
  private final StringBuilder answer = new StringBuilder();
  private TcpStream stream; // null before the first poll
  private boolean over;

  Get(Reactor reactor, SocketAddress server, int delay, String message) {
    this.reactor = reactor;
    this.server = server;
    this.text = request(delay, message);
  }

  @Override
  public Poll<String> poll(Waker waker) throws IOException {
    if (over) {
      throw new IllegalStateException("the task was polled after its end");
    }
    place.set(waker); // before it looks, or what comes in between would wake nobody
    if (stream == null) {
      stream = TcpStream.connect(server);
      reactor.register(stream, place);
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
    System.err.println("R3: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("R3: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: R3.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
