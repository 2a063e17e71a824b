package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Descriptor;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.ItemSource;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that arrive, and watches. */
final class IncomingTest {
  private final FaultyKernel kernel = new FaultyKernel(Kernel.system());
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private EventLoop loop;
  private TcpListener listener;
  private Incoming<Connection> incoming;

  @BeforeEach
  void open() throws IOException {
    loop =
        EventLoop.builder()
            .kernel(kernel)
            .uncaughtExceptionHandler((_, e) -> faults.add(e))
            .start();
    listener = TcpListener.bind(kernel, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    incoming = loop.listen(listener);
  }

  @AfterEach
  void close() {
    loop.close();
    assertThat(listener.isOpen()).isFalse();
  }

  private TcpStream client() throws IOException {
    return TcpStream.connect(Kernel.system(), listener.localAddress());
  }

  @Test
  void connectionsAreTakenByThreadsFibersAndFutures() throws Exception {
    try (TcpStream one = client();
        TcpStream two = client();
        TcpStream three = client()) {
      assertThat(incoming.take().isOpen()).isTrue();
      assertThat(loop.fiber(() -> incoming.take().isOpen()).join()).isTrue();
      assertThat(incoming.takeAsync().get(10, TimeUnit.SECONDS).isOpen()).isTrue();
      assertThat(one.isOpen() && two.isOpen() && three.isOpen()).isTrue();
    }
    CountDownLatch woken = new CountDownLatch(1);
    assertThat(incoming.poll(woken::countDown)).isNull();
    try (TcpStream four = client()) {
      assertThat(woken.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(incoming.poll(() -> {})).isNotNull();
      assertThat(four.isOpen()).isTrue();
    }
  }

  @Test
  void aListenerWithoutDescriptorsWaitsAndGoesOn() throws Exception {
    kernel.on(SystemCall.ACCEPT).times(2).fail(Errno.EMFILE);
    try (TcpStream client = client()) {
      assertThat(incoming.take().isOpen()).isTrue();
      assertThat(client.isOpen()).isTrue();
    }
  }

  @Test
  void whoListensToPausesIsToldOfEach() throws Exception {
    kernel.on(SystemCall.ACCEPT).times(2).fail(Errno.EMFILE);
    List<Errno> pauses = new CopyOnWriteArrayList<>();
    incoming.onPause(e -> pauses.add(e.errno()));
    try (TcpStream client = client()) {
      assertThat(incoming.take().isOpen()).isTrue();
      assertThat(client.isOpen()).isTrue();
    }
    assertThat(pauses).containsExactly(Errno.EMFILE, Errno.EMFILE);
  }

  @Test
  void theAddressOfAListenerIsKnown() throws Exception {
    assertThat(incoming.localAddress().getPort()).isPositive();
    assertThat(incoming.localAddress()).isEqualTo(((TcpListener) incoming.source()).localAddress());
    PipePair pipe = PipePair.open(kernel);
    try (Incoming<String> items = loop.attach(new Items(pipe.reader()))) {
      assertThatIllegalStateException()
          .isThrownBy(items::localAddress)
          .withMessageContaining("no address");
    } finally {
      pipe.close();
    }
  }

  /** Items that never come, by a pipe. */
  private record Items(PipeReader pipe) implements ItemSource<String> {
    @Override
    public @Nullable String poll() {
      return null;
    }

    @Override
    public Descriptor descriptor() {
      return pipe.descriptor();
    }

    @Override
    public boolean isOpen() {
      return pipe.isOpen();
    }

    @Override
    public void close() {
      pipe.close();
    }
  }

  /** The clock stands, so that the listener is not tried again by time. */
  @Test
  void theCloseOfAConnectionLetsAListenerGoOnAtOnce() throws Exception {
    FaultyKernel poor = new FaultyKernel(new ManualClock());
    try (EventLoop other = EventLoop.builder().kernel(poor).start();
        Incoming<Connection> listening =
            other.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      InetSocketAddress address = ((TcpListener) listening.source()).localAddress();
      try (TcpStream one = TcpStream.connect(Kernel.system(), address);
          TcpStream two = TcpStream.connect(Kernel.system(), address)) {
        Connection first = listening.take();
        other.submit(() -> {}).get(10, TimeUnit.SECONDS); // after the event of the second client
        FaultyKernel.Rule rule = poor.on(SystemCall.ACCEPT).times(1).fail(Errno.EMFILE);
        CompletableFuture<Connection> second = listening.takeAsync();
        while (rule.applied() == 0) {
          Thread.onSpinWait();
        }
        other.submit(() -> {}).get(10, TimeUnit.SECONDS); // after the attempt that failed
        assertThat(second).isNotDone();
        first.close();
        assertThat(second.get(10, TimeUnit.SECONDS).isOpen()).isTrue();
        assertThat(one.isOpen() && two.isOpen()).isTrue();
      }
    }
  }

  /** By poll(2) an armed listener with a backlog is an event at once, again and again. */
  @Test
  void aListenerWithoutDescriptorsIsNotAskedForWhileItWaits() throws Exception {
    try (EventLoop polling = EventLoop.builder().kernel(kernel).backend("poll").start();
        Incoming<Connection> other =
            polling.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        TcpStream client =
            TcpStream.connect(Kernel.system(), ((TcpListener) other.source()).localAddress())) {
      long begun = System.nanoTime();
      FaultyKernel.Rule rule = kernel.on(SystemCall.ACCEPT).fail(Errno.EMFILE);
      CompletableFuture<Connection> taken = other.takeAsync();
      while (rule.applied() < 2) {
        assertThat(taken).isNotDone();
        polling.submit(() -> {}).get(10, TimeUnit.SECONDS);
      }
      assertThat(System.nanoTime() - begun)
          .as("from the first attempt to the second")
          .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(90));
      kernel.clear();
      assertThat(taken.get(10, TimeUnit.SECONDS).isOpen()).isTrue();
      assertThat(client.isOpen()).isTrue();
    }
  }

  /** As many as the system watches are registered: those beyond it are lost, one by one. */
  @Test
  void aConnectionThatCannotBeRegisteredIsLostAlone() throws Exception {
    try (TcpStream one = client();
        TcpStream two = client()) {
      CompletableFuture<Connection> taken = incoming.takeAsync();
      taken.get(10, TimeUnit.SECONDS).close();
      kernel.on(SystemCall.EPOLL_CTL).times(1).fail(Errno.ENOSPC);
      CompletableFuture<Connection> next = incoming.takeAsync();
      try (TcpStream three = client()) {
        assertThat(next.get(10, TimeUnit.SECONDS).isOpen()).isTrue();
        assertThat(faults).singleElement().asString().contains("ENOSPC");
        assertThat(one.isOpen() && two.isOpen() && three.isOpen()).isTrue();
      }
    }
  }

  @Test
  void aMappingMayCancelItsOwnFuture() throws Exception {
    CompletableFuture<CompletableFuture<String>> own = new CompletableFuture<>();
    TcpListener other =
        TcpListener.bind(kernel, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    try (Incoming<String> mapped =
        loop.attach(
            other,
            stream -> {
              stream.close();
              return "too late to cancel: " + own.join().cancel(true);
            })) {
      own.complete(mapped.takeAsync());
      try (TcpStream client = TcpStream.connect(Kernel.system(), other.localAddress())) {
        assertThat(own.join().get(10, TimeUnit.SECONDS)).isEqualTo("too late to cancel: false");
        assertThat(client.isOpen()).isTrue();
      }
    }
  }

  @Test
  void otherFailuresAreToldToTheTaker() throws Exception {
    kernel.on(SystemCall.ACCEPT).times(1).fail(Errno.EPERM);
    try (TcpStream client = client()) {
      assertThatThrownBy(incoming::take).hasMessageContaining("EPERM");
      assertThat(incoming.take().isOpen()).isTrue();
      assertThat(client.isOpen()).isTrue();
    }
  }

  @Test
  void closingTellsWhoWaits() {
    CompletableFuture<Connection> waiting = incoming.takeAsync();
    incoming.close();
    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(AsynchronousCloseException.class);
    assertThatThrownBy(incoming::take).isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void aWatchCallsItsHandlerOnTheLoopUntilItIsCancelled() throws Exception {
    try (TcpStream client = client();
        TcpStream server = (TcpStream) incoming.take().source()) {
      int number = server.detach();
      try (TcpStream own = TcpStream.adopt(kernel, number)) {
        CompletableFuture<String> read = new CompletableFuture<>();
        Watch watch =
            loop.watch(
                own,
                Interest.READABLE,
                (stream, event) -> {
                  ByteBuffer target = ByteBuffer.allocate(10);
                  if (event.isReadable() && stream.read(target) != Io.NOT_READY) {
                    read.complete(loop.isOnLoop() + " " + target.position());
                  }
                });
        client.write(ByteBuffer.allocate(3));
        assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo("true 3");
        assertThat(watch.cancel()).isTrue();
        assertThat(watch.cancel()).isFalse();
        assertThat(watch.isActive()).isFalse();
        assertThat(own.isOpen()).as("stays its owner's").isTrue();
      }
    }
  }
}
