import dev.selkie.*;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.*;
import java.util.concurrent.locks.LockSupport;

/**
 * R2: the reactor has a thread of its own, and wakers are all that it knows of an executor.
 *
 * <p>Two halves: the reactor waits for events and wakes; the executor polls and sleeps. The waker
 * of a poll leads from the one to the other.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

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

/** The executor, of one task, on the calling thread. */
static <T> T blockOn(Task<T> task) throws Exception {
  Thread executor = Thread.currentThread();
  AtomicBoolean woken = new AtomicBoolean(true);
  Waker waker =
      () -> {
        woken.set(true);
        LockSupport.unpark(executor);
      };
  while (true) {
    if (woken.getAndSet(false)) {
      Poll<T> found = task.poll(waker);
      if (found.isReady()) {
        return found.value();
      }
      IO.println("1 task is pending: asleep");
    } else {
      LockSupport.park(); // it may return without reason; N4 has more on it
    }
  }
}

static void run(SocketAddress server) throws Exception {
  try (Reactor reactor = new Reactor()) {
    long start = System.nanoTime();
    Task<Integer> two =
        new Get(reactor, server, 6 * SECOND / 10, "hello from the first")
            .then(first -> {
              IO.println("answer: " + first);
              return new Get(reactor, server, 4 * SECOND / 10, "hello from the second");
            })
            .map(second -> {
              IO.println("answer: " + second);
              return 2;
            });
    IO.println("%d answers, %d ms".formatted(blockOn(two), millis(start)));
  }
}

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
    System.err.println("R2: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("R2: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: R2.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
