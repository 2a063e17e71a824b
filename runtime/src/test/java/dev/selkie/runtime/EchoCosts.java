package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
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

/** Clients of a server whose loop runs in this thread, or in one of its own; what it costs. */
abstract class EchoCosts {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  static final int CONNECTIONS = 64;
  static final int BYTES = 64;

  /** Rounds in which nothing may be allocated, to be met before the deadline. */
  private static final int ROUNDS = 500;

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long DEADLINE_NANOS = 30_000_000_000L;

  private final List<TcpStream> clients = new ArrayList<>();
  private final List<TcpStream> served = new ArrayList<>();
  private final ByteBuffer message = ByteBuffer.allocateDirect(BYTES);
  private final ByteBuffer answer = ByteBuffer.allocateDirect(BYTES);
  private Kernel kernel = Kernel.system();
  private @Nullable EventLoop loop;
  private long answers;

  /** The loop's own thread, if it has one. */
  @Nullable Thread thread;

  EventLoop loop() throws IOException {
    if (loop == null) {
      loop = EventLoop.builder().kernel(kernel).mountFibers(true).open();
    }
    return loop;
  }

  /** A loop with a thread of its own, since what is compiled as one decides what is allocated. */
  void start() throws IOException {
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
  CountingKernel counting() {
    CountingKernel counting = new CountingKernel(kernel);
    kernel = counting;
    return counting;
  }

  @AfterEach
  void close() {
    clients.forEach(TcpStream::close);
    served.forEach(TcpStream::close);
    if (loop != null) {
      loop.close();
    }
  }

  /** The server's end of the next client, or null; closed after the test. */
  @Nullable TcpStream accept(TcpListener listener) throws IOException {
    TcpStream stream = listener.accept();
    if (stream != null) {
      served.add(stream);
    }
    return stream;
  }

  /** Clients of the machine's own kernel, so that the counts are the server's alone. */
  void connect(TcpListener listener, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      TcpStream client = TcpStream.connect(Kernel.system(), listener.localAddress());
      assertThat(client.finishConnect()).as("connected at once, on loopback").isTrue();
      clients.add(client);
    }
  }

  TcpListener listener() throws IOException {
    return TcpListener.bind(kernel, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  final List<TcpStream> clients() {
    return clients;
  }

  /** Each client sends a message and takes the answer to the one before. */
  void round() throws IOException {
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

  void warmUp() throws IOException {
    for (int i = 0; i < 3; i++) {
      round();
    }
  }

  /** The fewest bytes that a number of rounds has allocated; the compiler needs some to settle. */
  long fewestBytes() throws IOException {
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
