import dev.selkie.Io;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.task.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * N4: a parker that user code cannot steal a wake-up from.
 *
 * <p>A thread has one permit for {@code LockSupport.park}, and everything on the thread shares it:
 * a lock, a queue, the code of a task. An executor that takes "I was unparked" for "I was woken"
 * loses a wake-up to whoever parks between, and an unpark of somebody else's wakes it for nothing.
 * So it has a permit of its own.
 */
static final int SECOND = Integer.getInteger("dev.selkie.tour.second", 1000); // in ms

interface Parker {
  void park() throws InterruptedException;

  void unpark();
}

/** The thread's permit, which is everybody's. */
static Parker bare(Thread thread) {
  return new Parker() {
    @Override
    public void park() {
      LockSupport.parkNanos(Duration.ofMillis(SECOND).toNanos()); // or it would be for ever
    }

    @Override
    public void unpark() {
      LockSupport.unpark(thread);
    }
  };
}

/** A permit of its own: at most one, and nobody else asks for it. */
static Parker own() {
  Semaphore permit = new Semaphore(0);
  return new Parker() {
    @Override
    public void park() throws InterruptedException {
      permit.acquire();
      permit.drainPermits();
    }

    @Override
    public void unpark() {
      permit.release();
    }
  };
}

/** Polls a task, each time that it was woken; how often that was. */
static int blockOn(Parker parker, Task<?> task) throws Exception {
  int polls = 1;
  while (!task.poll(parker::unpark).isReady()) {
    parker.park();
    polls++;
  }
  return polls;
}

/** Is woken while it is polled, and then parks, as a lock would that is held by another thread. */
static <T> Task<T> thieving(Task<T> task) {
  return waker -> {
    Poll<T> found = task.poll(waker);
    LockSupport.parkNanos(1); // takes the thread's permit, if it is there
    return found;
  };
}

/** A task that is ready at its second poll, for which it asks at once. */
static Task<String> twice() {
  AtomicBoolean polled = new AtomicBoolean();
  return waker -> {
    waker.wake();
    return polled.getAndSet(true) ? Poll.ready("done") : Poll.pending();
  };
}

static void compare(String name, Parker parker) throws Exception {
  long start = System.nanoTime();
  blockOn(parker, thieving(twice()));
  long millis = millis(start);
  IO.println("%s: %s".formatted(name, millis < SECOND ? "woken" : "the wake-up was stolen"));
}

static void run(SocketAddress server) throws Exception {
  Thread executor = Thread.currentThread();
  compare("the thread's permit", bare(executor));
  compare("a permit of its own", own());
  AtomicBoolean over = new AtomicBoolean();
  Thread stranger =
      Thread.ofPlatform()
          .name("stranger")
          .start(() -> {
            while (!over.get()) {
              LockSupport.unpark(executor); // for reasons of its own
              LockSupport.parkNanos(100_000);
            }
          });
  try (EventLoop loop = EventLoop.start()) {
    long start = System.nanoTime();
    List<Task<String>> five = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      five.add(
          get(loop, server, i * SECOND / 4, "hello from request " + i)
              .map(body -> {
                IO.println(body);
                return body;
              }));
    }
    int polls = blockOn(own(), thieving(Task.joinAll(five)));
    IO.println("5 answers, %d polls, %d ms".formatted(polls, millis(start)));
  } finally {
    over.set(true);
    stranger.join();
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
    System.err.println("N4: " + e.getMessage());
    System.exit(2);
  } catch (Exception e) {
    Throwable why = e.getCause() == null ? e : e.getCause(); // what a future failed with
    System.err.println("N4: " + why.getMessage() + "; is D1.java, the delay server, there?");
    System.exit(1);
  }
}

static InetSocketAddress server(String... args) throws IOException {
  URI place = URI.create("http://" + (args.length == 0 ? "localhost:8080" : args[0]));
  if (args.length > 1 || place.getHost() == null || place.getPort() < 0) {
    throw new IllegalArgumentException("usage: N4.java [HOST:PORT]");
  }
  return new InetSocketAddress(InetAddress.getByName(place.getHost()), place.getPort());
}
