package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Groups of loops, by sockets of the machine. */
@SuppressWarnings({"FutureReturnValueIgnored", "try"}) // closing is what is tested
final class EventLoopGroupTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static InetSocketAddress addressOf(Incoming<Connection> incoming) {
    return ((TcpListener) incoming.source()).localAddress();
  }

  @Test
  void loopsAreTakenInTurn() throws IOException {
    try (EventLoopGroup group = EventLoopGroup.start(3)) {
      List<EventLoop> taken = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        taken.add(group.next());
      }
      assertThat(taken.subList(0, 3)).containsExactlyElementsOf(group.loops());
      assertThat(taken.subList(3, 6)).containsExactlyElementsOf(group.loops());
    }
  }

  @Test
  void fibersRunOnTheNextLoopAndThreadsBearTheGroupsName() throws Exception {
    Map<Integer, String> hooked = new ConcurrentHashMap<>();
    try (EventLoopGroup group =
        EventLoopGroup.builder()
            .loops(2)
            .name("workers")
            .onThreadStart(i -> hooked.put(i, Thread.currentThread().getName()))
            .eachLoop(loop -> loop.mountFibers(true))
            .start()) {
      for (EventLoop loop : List.of(group.loops().get(0), group.loops().get(1))) {
        assertThat(group.fiber(loop::isOnLoop).join()).isTrue();
      }
    }
    assertThat(hooked).isEqualTo(Map.of(0, "workers-0", 1, "workers-1"));
  }

  @Test
  void aHookThatThrowsIsReportedAndItsLoopRuns() throws Exception {
    Queue<String> thrown = new ConcurrentLinkedQueue<>();
    try (EventLoopGroup group =
        EventLoopGroup.builder()
            .loops(2)
            .threadFactory(
                Thread.ofPlatform()
                    .name("own-", 7)
                    .uncaughtExceptionHandler((_, e) -> thrown.add(e.getMessage()))
                    .factory())
            .onThreadStart(i -> {
              throw new IllegalStateException("hook " + i);
            })
            .eachLoop(loop -> loop.mountFibers(false))
            .start()) {
      Set<String> names = ConcurrentHashMap.newKeySet();
      for (EventLoop loop : group.loops()) {
        loop.submit(() -> names.add(Thread.currentThread().getName())).get();
      }
      assertThat(names).containsExactlyInAnyOrder("own-7", "own-8");
    }
    assertThat(thrown).containsExactlyInAnyOrder("hook 0", "hook 1");
  }

  @Test
  void whatRunnablesThrowGoesToTheHandlerOfTheGroup() throws Exception {
    Queue<String> thrown = new ConcurrentLinkedQueue<>();
    try (EventLoopGroup group =
        EventLoopGroup.builder()
            .loops(2)
            .eachLoop(loop -> loop.uncaughtExceptionHandler((_, e) -> thrown.add(e.getMessage())))
            .start()) {
      for (EventLoop loop : group.loops()) {
        loop.execute(() -> {
          throw new IllegalStateException(loop.name());
        });
        loop.submit(() -> {}).get();
      }
    }
    assertThat(thrown).containsExactly("selkie-group-0", "selkie-group-1");
  }

  @Test
  void oneListenerHandsItsConnectionsOutToTheLoops() throws Exception {
    try (EventLoopGroup group = EventLoopGroup.start(3)) {
      Incoming<Connection> incoming = group.listen(ANY);
      Map<EventLoop, Integer> counts = new HashMap<>();
      for (int i = 0; i < 6; i++) {
        Connection client = group.next().connect(addressOf(incoming));
        Connection server = incoming.take();
        counts.merge(server.loop(), 1, Integer::sum);
        client.writeFully(ByteBuffer.wrap(new byte[] {(byte) i}));
        ByteBuffer got = ByteBuffer.allocate(1);
        server.readFully(got);
        assertThat(got.get(0)).isEqualTo((byte) i);
      }
      assertThat(counts.values().stream().mapToInt(n -> n).sum()).isEqualTo(6);
      assertThat(counts).as("client, server and listener take turns").hasSizeGreaterThan(1);
    }
  }

  @Test
  void theLoopWithTheFewestSourcesIsNext() throws Exception {
    try (EventLoopGroup group =
        EventLoopGroup.builder().loops(2).handOut(HandOut.fewestSources()).start()) {
      Incoming<Connection> incoming = group.listen(ANY);
      EventLoop busy =
          group.next() == group.loops().get(0) ? group.loops().get(1) : group.loops().get(0);
      List<Connection> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        clients.add(busy.connect(addressOf(incoming)));
      }
      List<Connection> servers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        servers.add(incoming.take());
      }
      assertThat(servers)
          .as("the other has a listener and the clients")
          .allMatch(c -> c.loop() != busy);
      servers.forEach(Connection::close);
      clients.forEach(Connection::close);
      assertThat(group.next()).isNotSameAs(busy);
    }
  }

  @Test
  void theSystemSpreadsConnectionsOverAListenerALoop() throws Exception {
    try (EventLoopGroup group = EventLoopGroup.start(2)) {
      List<Incoming<Connection>> listeners = group.listenOnEach(ANY);
      assertThat(listeners.stream().map(EventLoopGroupTest::addressOf).distinct()).hasSize(1);
      int clients = 64; // that one listener gets all of them has the odds of 1 to 2^63
      Queue<EventLoop> seen = new ConcurrentLinkedQueue<>();
      CountDownLatch all = new CountDownLatch(clients);
      for (int i = 0; i < 2; i++) {
        Incoming<Connection> incoming = listeners.get(i);
        EventLoop loop = group.loops().get(i);
        loop.fiber(() -> {
          while (true) {
            Connection connection = incoming.take();
            assertThat(connection.loop()).isSameAs(loop);
            seen.add(loop);
            all.countDown();
          }
        });
      }
      for (int i = 0; i < clients; i++) {
        group.next().connect(addressOf(listeners.get(0)));
      }
      assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(seen.stream().distinct()).hasSize(2);
    }
  }

  @Test
  void aSystemThatDoesNotSpreadConnectionsIsNamed() throws IOException {
    Kernel lacking =
        new ForwardingKernel(Kernel.system()) {
          @Override
          public Set<Facility> facilities() {
            Set<Facility> found = EnumSet.copyOf(super.facilities());
            found.remove(Facility.PORT_BALANCING);
            return found;
          }
        };
    try (EventLoopGroup group =
        EventLoopGroup.builder().loops(2).eachLoop(loop -> loop.kernel(lacking)).start()) {
      assertThatThrownBy(() -> group.listenOnEach(ANY))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("does not spread")
          .hasMessageContaining("use listen");
    }
  }

  @Test
  void anOrderlyCloseStopsAcceptingAndLetsConnectionsEnd() throws Exception {
    EventLoopGroup group = EventLoopGroup.start(2);
    Incoming<Connection> incoming = group.listen(ANY);
    CountDownLatch accepted = new CountDownLatch(1);
    AtomicBoolean told = new AtomicBoolean();
    Fiber<Integer> acceptor =
        group.fiber(() -> {
          Connection connection = incoming.take();
          group
              .loops()
              .getFirst()
              .fiber(() -> {
                accepted.countDown();
                connection.readFully(ByteBuffer.allocate(1));
                connection.writeFully(ByteBuffer.allocate(1));
                connection.close();
                return 0;
              });
          try {
            incoming.take();
          } catch (ClosedLoopException e) {
            told.set(true);
          }
          return 0;
        });
    try (EventLoop outside = EventLoop.start()) {
      Connection client = outside.connect(addressOf(incoming));
      assertThat(accepted.await(10, TimeUnit.SECONDS)).isTrue();
      group.shutdown();
      acceptor.join();
      assertThat(told).as("the acceptor was told").isTrue();
      awaitRefusal(outside, addressOf(incoming));
      client.writeFully(ByteBuffer.allocate(1));
      client.readFully(ByteBuffer.allocate(1));
    }
    assertThat(group.close(Duration.ofSeconds(20))).isTrue();
    assertThat(group.terminated()).isCompleted();
  }

  /** Who waits is told of the end before the descriptor is closed, which another may still use. */
  private static void awaitRefusal(EventLoop loop, SocketAddress address) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      try (Connection _ = loop.connect(address)) {
        assertThat(System.nanoTime()).as("somebody listens").isLessThan(end);
      } catch (IOException e) {
        // A connection that waited to be accepted when the listener closed is reset.
        if (!e.getMessage().contains("ECONNRESET")) {
          assertThat(e).hasMessageContaining("ECONNREFUSED");
          return;
        }
        assertThat(System.nanoTime()).as("somebody listens").isLessThan(end);
      }
    }
  }

  @Test
  void closingCancelsWhatIsLeftAtTheDeadlineOrAtOnce() throws Exception {
    for (Duration grace : new Duration[] {Duration.ofMillis(20), null}) {
      EventLoopGroup group = EventLoopGroup.start(2);
      Incoming<Connection> incoming = group.listen(ANY);
      List<Fiber<Object>> waiting = new ArrayList<>();
      CountDownLatch begun = new CountDownLatch(2);
      waiting.add(
          group
              .loops()
              .getFirst()
              .fiber(() -> {
                begun.countDown();
                return incoming.take();
              }));
      waiting.add(
          group
              .loops()
              .getLast()
              .fiber(() -> {
                begun.countDown();
                group.loops().getLast().sleep(Duration.ofDays(1));
                return 0;
              }));
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      if (grace == null) {
        group.close();
      } else {
        assertThat(group.close(grace)).isFalse();
      }
      assertThatThrownBy(waiting.get(0)::join).hasCauseInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(waiting.get(1)::join).hasCauseInstanceOf(InterruptedException.class);
      assertThatThrownBy(() -> group.fiber(() -> 1)).isInstanceOf(RejectedExecutionException.class);
    }
  }

  @Test
  void aGroupDoesNotWaitForItselfAndNothingIsClosedThen() throws Exception {
    try (EventLoopGroup group = EventLoopGroup.start(2)) {
      Fiber<Integer> closing =
          group.fiber(() -> {
            group.close();
            return 0;
          });
      assertThatThrownBy(closing::join)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IllegalStateException.class);
      assertThat(group.fiber(() -> 1).join()).isEqualTo(1);
    }
  }

  @Test
  void aLoopThatHasEndedIsPassedOver() throws Exception {
    try (EventLoopGroup group = EventLoopGroup.start(2)) {
      EventLoop first = group.loops().getFirst();
      first.shutdownNow();
      first.terminated().join();
      for (int i = 0; i < 4; i++) {
        assertThat(group.next()).isSameAs(group.loops().getLast());
      }
    }
  }

  @Test
  void aConnectionThatNoLoopCanTakeIsClosed() throws Exception {
    FaultyKernel kernel = new FaultyKernel(Kernel.system());
    try (EventLoopGroup group =
            EventLoopGroup.builder().loops(1).eachLoop(loop -> loop.kernel(kernel)).start();
        EventLoop outside = EventLoop.start()) {
      Incoming<Connection> incoming = group.listen(ANY);
      Connection client = outside.connect(addressOf(incoming));
      kernel.on(SystemCall.EPOLL_CTL).fail(Errno.EINVAL);
      assertThatThrownBy(incoming::take).hasMessageContaining("EINVAL");
      assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    }
  }

  /** The clock stands, so that the listener is not tried again by time. */
  @Test
  void theCloseOfAConnectionOfOneLoopLetsTheListenerOfAnotherGoOn() throws Exception {
    FaultyKernel kernel = new FaultyKernel(new ManualClock());
    try (EventLoopGroup group =
            EventLoopGroup.builder().loops(2).eachLoop(loop -> loop.kernel(kernel)).start();
        Incoming<Connection> incoming = group.loops().get(0).listen(ANY)) {
      Connection other = group.loops().get(1).connect(addressOf(incoming));
      incoming.take();
      FaultyKernel.Rule rule = kernel.on(SystemCall.ACCEPT).fail(Errno.EMFILE);
      Connection client = group.loops().get(1).connect(addressOf(incoming));
      var taken = incoming.takeAsync();
      for (int turns = 0; turns < 3 || rule.applied() == 0; turns++) {
        group.loops().get(0).submit(() -> {}).get(10, TimeUnit.SECONDS);
      }
      kernel.clear();
      group.loops().get(0).submit(() -> {}).get(10, TimeUnit.SECONDS);
      assertThat(taken).isNotDone();
      other.close();
      assertThat(taken.get(10, TimeUnit.SECONDS).isOpen()).isTrue();
      assertThat(client.isOpen()).isTrue();
    }
  }
}
