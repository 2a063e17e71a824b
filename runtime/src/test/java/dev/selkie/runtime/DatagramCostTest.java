package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.selkie.DatagramBatch;
import dev.selkie.Envelope;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.UdpSocket;
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

/** What a datagram costs, exactly: system calls and allocated bytes. */
final class DatagramCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final int BYTES = 64;
  private static final int SOCKETS = 16;
  private static final int ROUNDS = 500;

  /** A buffer and an envelope as one object, if the compiler does not do without. */
  private static final int PACKET_BYTES = 24;

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long DEADLINE_NANOS = 30_000_000_000L;

  private final List<UdpSocket> clients = new ArrayList<>();

  /** The sockets of the server that no loop owns. */
  private final List<UdpSocket> watched = new ArrayList<>();

  private final ByteBuffer message = ByteBuffer.allocateDirect(BYTES);
  private final ByteBuffer answer = ByteBuffer.allocateDirect(BYTES);
  private @Nullable EventLoop loop;
  private @Nullable Thread thread;

  @AfterEach
  void close() {
    clients.forEach(UdpSocket::close);
    watched.forEach(UdpSocket::close);
    if (loop != null) {
      loop.close();
    }
  }

  /** A loop with a thread of its own, since what is compiled as one decides what is allocated. */
  private EventLoop started() throws IOException {
    loop =
        EventLoop.builder()
            .mountFibers(true)
            .threadFactory(body -> {
              thread = Thread.ofPlatform().unstarted(body);
              return thread;
            })
            .start();
    return loop;
  }

  /** A socket of the server that is connected to a client of its own. */
  private UdpSocket connected(Kernel kernel) throws IOException {
    UdpSocket client = UdpSocket.bind(Kernel.system(), ANY);
    clients.add(client);
    UdpSocket server = UdpSocket.connect(kernel, client.localAddress());
    client.connectTo(server.localAddress());
    return server;
  }

  /** Each client sends a datagram and then takes its answer. */
  private void round(Turns turns) throws IOException {
    for (int i = 0; i < clients.size(); i++) {
      clients.get(i).send(message.clear());
    }
    for (int i = 0; i < clients.size(); ) {
      if (clients.get(i).receive(answer.clear()) == BYTES) {
        i++;
      } else {
        turns.make();
      }
    }
  }

  private interface Turns {
    void make();
  }

  private static Object serve(Datagrams datagrams) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    while (true) {
      datagrams.receive(buffer.clear());
      datagrams.send(buffer.flip());
    }
  }

  private static Object serveAnybody(Datagrams datagrams) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    Envelope envelope = new Envelope();
    while (true) {
      datagrams.receive(buffer.clear(), envelope);
      datagrams.send(buffer.flip(), envelope);
    }
  }

  @Test
  void aDatagramCostsTwoCallsAndABatchOneWait() throws IOException {
    CountingKernel calls = new CountingKernel(Kernel.system());
    EventLoop turning = EventLoop.builder().kernel(calls).mountFibers(true).open();
    loop = turning;
    calls.reset(); // a queue registers its waker
    for (int i = 0; i < SOCKETS; i++) {
      Datagrams datagrams = turning.attach(connected(calls));
      assertThat(turning.fiber(() -> serve(datagrams)).isDone()).isFalse();
    }
    Turns turns = () -> turning.runOnce(PATIENCE);
    for (int i = 0; i < 3; i++) {
      round(turns);
    }
    assertThat(calls.count(SystemCall.EPOLL_CTL)).isEqualTo(SOCKETS);
    calls.reset();
    round(turns);
    assertThat(calls.count(SystemCall.SEND)).isEqualTo(SOCKETS);
    assertThat(calls.count(SystemCall.EPOLL_WAIT)).isLessThanOrEqualTo(2);
    // A receive that finds nothing is how a datagram socket says that it is drained.
    assertThat(calls.count(SystemCall.RECV)).isEqualTo(2 * SOCKETS);
    assertThat(calls.total()).isLessThanOrEqualTo(3 * SOCKETS + 2L);
  }

  @Test
  @Timeout(60)
  void aDatagramToAFiberAllocatesNothing() throws IOException {
    EventLoop running = started();
    for (int i = 0; i < 8; i++) {
      Datagrams datagrams = running.attach(connected(Kernel.system()));
      assertThat(running.fiber(() -> serve(datagrams)).isDone()).isFalse();
    }
    assertThat(fewestBytes()).isZero();
  }

  @Test
  @Timeout(60)
  void aDatagramToACallbackAllocatesNothing() throws IOException {
    EventLoop running = started();
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    for (int i = 0; i < 8; i++) {
      UdpSocket server = connected(Kernel.system());
      watched.add(server);
      running.watch(
          server,
          Interest.READABLE.edge(),
          (socket, _) -> {
            while (socket.receive(buffer.clear()) != Io.NOT_READY) {
              socket.send(buffer.flip());
            }
          });
    }
    assertThat(fewestBytes()).isZero();
  }

  /** On the queue's own types, also with an envelope, of many senders. */
  @Test
  @Timeout(60)
  void aDatagramOfAnybodyAllocatesNothingInACallback() throws IOException {
    EventLoop running = started();
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    Envelope envelope = new Envelope();
    UdpSocket server = UdpSocket.bind(ANY);
    watched.add(server);
    running.watch(
        server,
        Interest.READABLE.edge(),
        (socket, _) -> {
          while (socket.receive(buffer.clear(), envelope) != Io.NOT_READY) {
            socket.send(buffer.flip(), envelope);
          }
        });
    askers(server);
    assertThat(fewestBytes()).isZero();
  }

  @Test
  @Timeout(60)
  void aDatagramOfAnybodyToAFiberAllocatesTwoPacketsAtMost() throws IOException {
    EventLoop running = started();
    UdpSocket server = UdpSocket.bind(ANY);
    Datagrams datagrams = running.attach(server);
    assertThat(running.fiber(() -> serveAnybody(datagrams)).isDone()).isFalse();
    askers(server);
    long packets = 2L * PACKET_BYTES * clients.size() * ROUNDS;
    assertThat(fewestBytes(packets)).isLessThanOrEqualTo(packets);
  }

  @Test
  @Timeout(60)
  void aBatchToAFiberAllocatesNothing() throws IOException {
    EventLoop running = started();
    UdpSocket server = UdpSocket.bind(ANY);
    Datagrams datagrams = running.attach(server);
    Fiber<Object> echo =
        running.fiber(() -> {
          DatagramBatch batch = datagrams.newBatch(SOCKETS, BYTES);
          DatagramBatch answers = datagrams.newBatch(SOCKETS, BYTES);
          Envelope envelope = new Envelope();
          while (true) {
            datagrams.receive(batch);
            answers.clear();
            for (int i = 0; i < batch.size(); i++) {
              answers.add(batch.data(i), batch.envelope(i, envelope));
            }
            datagrams.send(answers);
          }
        });
    assertThat(echo.isDone()).isFalse();
    askers(server);
    assertThat(fewestBytes()).isZero();
  }

  private void askers(UdpSocket server) throws IOException {
    for (int i = 0; i < 8; i++) {
      clients.add(UdpSocket.connect(server.localAddress()));
    }
  }

  /** The fewest bytes that a number of rounds has allocated; the compiler needs some to settle. */
  private long fewestBytes() throws IOException {
    return fewestBytes(0);
  }

  private long fewestBytes(long enough) throws IOException {
    long id = Objects.requireNonNull(thread).threadId();
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    long fewest = Long.MAX_VALUE;
    while (fewest > enough && System.nanoTime() < deadline) {
      long before = THREADS.getThreadAllocatedBytes(id);
      for (int i = 0; i < ROUNDS; i++) {
        round(Thread::onSpinWait);
      }
      fewest = Math.min(fewest, THREADS.getThreadAllocatedBytes(id) - before);
    }
    return fewest;
  }
}
