package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a message costs, exactly: system calls and allocated bytes, of a loop in this thread. */
final class LoopCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CONNECTIONS = 64;
  private static final int BYTES = 64;

  /** Rounds in which nothing may be allocated, to be met before the deadline. */
  private static final int ROUNDS = 500;

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long DEADLINE_NANOS = 30_000_000_000L;

  private final List<TcpStream> clients = new ArrayList<>();
  private final ByteBuffer message = ByteBuffer.allocateDirect(BYTES);
  private final ByteBuffer answer = ByteBuffer.allocateDirect(BYTES);
  private Kernel kernel = Kernel.system();
  private @Nullable EventLoop loop;
  private long answers;

  /** The loop's own thread, if it has one. */
  private @Nullable Thread thread;

  private EventLoop loop() throws IOException {
    if (loop == null) {
      loop = EventLoop.builder().kernel(kernel).mountFibers(true).open();
    }
    return loop;
  }

  /** A loop with a thread of its own, since what is compiled as one decides what is allocated. */
  private void start() throws IOException {
    loop =
        EventLoop.builder()
            .mountFibers(true)
            .threadFactory(body -> {
              thread = Thread.ofPlatform().unstarted(body);
              return thread;
            })
            .start();
  }

  /** Has the server's calls counted, which then allocate. */
  private CountingKernel counting() {
    CountingKernel counting = new CountingKernel(kernel);
    kernel = counting;
    return counting;
  }

  @AfterEach
  void close() {
    clients.forEach(TcpStream::close);
    if (loop != null) {
      loop.close();
    }
  }

  /** Clients of the machine's own kernel, so that the counts are the server's alone. */
  private void connect(TcpListener listener, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      TcpStream client = TcpStream.connect(Kernel.system(), listener.localAddress());
      assertThat(client.finishConnect()).as("connected at once, on loopback").isTrue();
      clients.add(client);
    }
  }

  private TcpListener listener() throws IOException {
    return TcpListener.bind(kernel, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private void serveByCallbacks(int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    try (TcpListener listener = listener()) {
      connect(listener, count);
      for (TcpStream s = listener.accept(); s != null; s = listener.accept()) {
        loop().watch(s, Interest.READABLE.edge(), (stream, _) -> echo(stream, buffer));
      }
    }
  }

  private void serveByQueues(int count) throws IOException {
    try (TcpListener listener = listener()) {
      connect(listener, count);
      for (TcpStream s = listener.accept(); s != null; s = listener.accept()) {
        loop().execute(new QueuedEcho(loop().attach(s)));
      }
    }
  }

  /** Callbacks alone: a waker for what comes, and a queue for what goes. */
  private static final class QueuedEcho implements Runnable, Waker {
    private final Connection connection;
    private final WriteQueue queue;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    private ByteBuffer queued = ByteBuffer.allocateDirect(4096); // the queue's until written

    QueuedEcho(Connection connection) {
      this.connection = connection;
      this.queue = connection.writeQueue(0, BYTES);
    }

    @Override
    public void run() {
      wake();
    }

    @Override
    public void wake() {
      try {
        while (connection.pollRead(buffer.clear(), this) > 0) {
          if (!queue.offer(buffer.flip())) {
            throw new IOException("the answer to the message before was not sent");
          }
          ByteBuffer free = queued;
          queued = buffer;
          buffer = free;
        }
      } catch (IOException e) {
        connection.close(); // the end of the test
      }
    }
  }

  private static void echo(TcpStream stream, ByteBuffer buffer) throws IOException {
    int n = stream.read(buffer.clear());
    if (n > 0 && stream.write(buffer.flip()) == Io.NOT_READY) {
      throw new IOException("the peer does not read");
    }
  }

  private void serveByFibers(int count) throws IOException {
    try (TcpListener listener = listener()) {
      connect(listener, count);
      for (TcpStream s = listener.accept(); s != null; s = listener.accept()) {
        Connection connection = loop().attach(s);
        Fiber<Object> fiber = loop().fiber(() -> serve(connection));
        assertThat(fiber.isDone()).isFalse();
      }
    }
  }

  private static Object serve(Connection connection) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    while (connection.read(buffer.clear()) != Io.END) {
      connection.writeFully(buffer.flip());
    }
    return "end";
  }

  /** Each client sends a message and takes the answer to the one before. */
  private void round() throws IOException {
    for (int i = 0; i < clients.size(); i++) {
      clients.get(i).write(message.clear());
    }
    long due = answers + clients.size();
    while (answers < due) {
      if (thread == null) {
        loop().runOnce(PATIENCE);
      }
      for (int i = 0; i < clients.size(); i++) {
        if (clients.get(i).read(answer.clear()) == BYTES) {
          answers++;
        }
      }
    }
  }

  private void warmUp() throws IOException {
    for (int i = 0; i < 3; i++) {
      round();
    }
  }

  @Test
  void aMessageCostsTwoCallsAndABatchOneWait() throws IOException {
    CountingKernel calls = counting();
    serveByFibers(CONNECTIONS);
    warmUp();
    calls.reset();
    round();
    assertThat(calls.count(SystemCall.RECV)).isEqualTo(CONNECTIONS);
    assertThat(calls.count(SystemCall.SEND)).isEqualTo(CONNECTIONS);
    assertThat(calls.count(SystemCall.EPOLL_WAIT)).isLessThanOrEqualTo(2);
    assertThat(calls.total()).isLessThanOrEqualTo(2 * CONNECTIONS + 2L);
  }

  @Test
  void aConnectionIsRegisteredOnceInItsLife() throws IOException {
    CountingKernel calls = counting();
    loop();
    calls.reset(); // a queue registers its waker
    serveByFibers(1);
    warmUp();
    clients.getFirst().close();
    for (int i = 0; i < 5; i++) {
      loop().runOnce(Duration.ofMillis(20));
    }
    assertThat(calls.count(SystemCall.EPOLL_CTL)).isEqualTo(1);
  }

  @Test
  @Timeout(60)
  void aMessageToAFiberAllocatesNothing() throws IOException {
    start();
    serveByFibers(8);
    assertThat(fewestBytes()).isZero();
  }

  @Test
  @Timeout(60)
  void aMessageToACallbackAllocatesNothing() throws IOException {
    start();
    serveByCallbacks(8);
    assertThat(fewestBytes()).isZero();
  }

  @Test
  void aMessageThroughAWriteQueueCostsTwoCalls() throws IOException {
    CountingKernel calls = counting();
    serveByQueues(CONNECTIONS);
    warmUp();
    calls.reset();
    round();
    assertThat(calls.count(SystemCall.RECV)).isEqualTo(CONNECTIONS);
    assertThat(calls.count(SystemCall.SEND)).isEqualTo(CONNECTIONS);
    assertThat(calls.total()).isLessThanOrEqualTo(2 * CONNECTIONS + 2L);
  }

  @Test
  @Timeout(60)
  void aMessageThroughAWriteQueueAllocatesNothing() throws IOException {
    start();
    serveByQueues(8);
    assertThat(fewestBytes()).isZero();
  }

  /** The fewest bytes that a number of rounds has allocated; the compiler needs some to settle. */
  private long fewestBytes() throws IOException {
    long id = Objects.requireNonNull(thread).threadId();
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    long fewest = Long.MAX_VALUE;
    while (fewest > 0 && System.nanoTime() < deadline) {
      long before = THREADS.getThreadAllocatedBytes(id);
      for (int i = 0; i < ROUNDS; i++) {
        round();
      }
      fewest = Math.min(fewest, THREADS.getThreadAllocatedBytes(id) - before);
    }
    return fewest;
  }
}
