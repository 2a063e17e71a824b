package dev.selkie.runtime.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.UdpSocket;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Datagrams;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks that wait for a source, and are given up: the source waits for nobody then. */
final class WaitingTest {
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private EventLoop loop;
  private Incoming<Connection> incoming;
  private Connection connection;
  private Connection peer;

  /** More than the system takes for a peer that does not read. */
  private final ByteBuffer much = ByteBuffer.allocate(1 << 25);

  @BeforeEach
  void open() throws IOException {
    loop = EventLoop.start();
    incoming = loop.listen(ANY);
    connection = loop.connect(((TcpListener) incoming.source()).localAddress());
    peer = incoming.take(); // what nobody took would be reset by the end
  }

  @AfterEach
  void close() {
    loop.close();
  }

  /** Whether it ends by itself, though the connection is open. */
  private void assertEndsByItself() throws InterruptedException {
    assertThat(connection.isOpen() && peer.isOpen()).isTrue();
    loop.shutdown();
    assertThat(loop.awaitTermination(10, TimeUnit.SECONDS)).as("%s", loop.waits()).isTrue();
  }

  private void assertTimesOut(Task<?> task) {
    assertThatThrownBy(() -> loop.run(task.withTimeout(loop, SHORT)).get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TimeoutException.class);
  }

  @Test
  void aWriteThatTimesOutDoesNotKeepItsLoopFromEnding() throws Exception {
    assertTimesOut(Task.write(connection.output(), much));
    assertEndsByItself();
  }

  @Test
  void aReadAndATakeThatTimeOutWaitForNothing() throws Exception {
    assertTimesOut(Task.read(connection.input(), ByteBuffer.allocate(1)));
    assertTimesOut(Task.take(incoming));
    assertThat(loop.waits()).isEmpty();
  }

  /** A task by hand that reads and writes, and lets go both. */
  private final class Both implements Task<Integer> {
    private Waker waiting = () -> {};

    @Override
    public Poll<Integer> poll(Waker waker) throws IOException {
      waiting = waker;
      while (connection.pollWrite(much, waker) != Io.NOT_READY) {
        // until nothing more is taken
      }
      int n = connection.pollRead(ByteBuffer.allocate(1), waker);
      return n == Io.NOT_READY ? Poll.pending() : Poll.ready(n);
    }

    @Override
    public void cancel() {
      connection.forget(waiting);
    }
  }

  @Test
  void aTaskByHandTakesItsWakersBack() throws Exception {
    assertTimesOut(new Both());
    assertThat(loop.waits()).isEmpty();
    assertEndsByItself();
  }

  @Test
  void aWakerThatIsNotTheOneThatWaitsIsLeftAlone() throws Exception {
    Waker waker = () -> {};
    try (Datagrams datagrams = loop.attach(UdpSocket.bind(ANY))) {
      assertThat(datagrams.pollReceive(ByteBuffer.allocate(1), waker)).isEqualTo(Io.NOT_READY);
      datagrams.forget(() -> {});
      assertThat(loop.waits()).hasSize(1);
      datagrams.forget(waker);
      assertThat(loop.waits()).isEmpty();
    }
  }
}
