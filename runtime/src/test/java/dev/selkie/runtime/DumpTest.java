package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import dev.selkie.source.PipePair;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A loop in lines of text. */
@SuppressWarnings("FutureReturnValueIgnored")
final class DumpTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static Object waitsForInput(Connection connection) throws Exception {
    return connection.read(ByteBuffer.allocate(8));
  }

  private static void awaitWait(EventLoop loop, String what) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (loop.waits().stream().noneMatch(wait -> wait.toString().contains(what))) {
      assertThat(System.nanoTime()).as("waits: %s", loop.waits()).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void aParkedFiberIsShownWithItsStackAndWhatItWaitsFor() throws Exception {
    for (boolean mounted : new boolean[] {true, false}) {
      try (EventLoop loop = EventLoop.builder().name("shown").mountFibers(mounted).start();
          Incoming<Connection> incoming = loop.listen(ANY);
          Connection client = loop.connect(((TcpListener) incoming.source()).localAddress());
          Connection server = incoming.take()) {
        loop.fiber("reader", () -> waitsForInput(server));
        awaitWait(loop, "reader (WAITING) for input of ");
        assertThat(loop.dump())
            .startsWith("event loop shown, " + loop.engine().queue().backend() + ", OPEN\n")
            .containsPattern("\"reader\" #\\d+ [A-Z]+ for input of TcpStream fd \\d+ to ")
            .contains(DumpTest.class.getName() + ".waitsForInput(DumpTest.java:")
            .contains("\n  " + server + ": connection, 0 bytes in, 0 out, registered ")
            .contains("\n    \"reader\" waits\n")
            .contains("\n  " + client + ": connection")
            .contains("\n  " + incoming + ": listener, 1 taken, registered ")
            .doesNotContain("it has not answered");
      }
    }
  }

  /** A task that has a name. */
  private static final class Named implements Task<Integer> {
    private final Connection connection;

    Named(Connection connection) {
      this.connection = connection;
    }

    @Override
    public Poll<Integer> poll(dev.selkie.runtime.Waker waker) throws Exception {
      int n = connection.pollRead(ByteBuffer.allocate(8), waker);
      return n < -1 ? Poll.pending() : Poll.ready(n);
    }

    @Override
    public String toString() {
      return "reading by hand";
    }
  }

  @Test
  void aTaskIsShownAndTheSourceThatItWaitsFor() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (EventLoop loop = EventLoop.start();
        Incoming<Connection> incoming = loop.listen(ANY);
        Connection client = loop.connect(((TcpListener) incoming.source()).localAddress());
        Connection server = incoming.take()) {
      loop.run(new Named(server));
      loop.offload(() -> over.await(10, TimeUnit.SECONDS));
      awaitWait(loop, "task reading by hand");
      assertThat(loop.dump())
          .contains("tasks: 1\n  reading by hand\n")
          .contains("work elsewhere: 1\n  " + DumpTest.class.getName())
          .contains("\n    task reading by hand, for input of " + server + "\n");
      assertThat(client.isOpen()).isTrue();
      over.countDown();
    }
  }

  @Test
  void aWatchIsShownWithItsDescriptorAndInterest() throws Exception {
    try (EventLoop loop = EventLoop.builder().open();
        PipePair pipe = PipePair.open()) {
      loop.watch(pipe.reader(), Interest.READABLE, (_, _) -> {});
      assertThat(loop.dump())
          .contains("\nsources: 1\n  " + pipe.reader().descriptor() + ": watch, registered ")
          .contains("\n    a handler of " + pipe.reader().descriptor() + "\n");
    }
  }

  @Test
  void aHeldLoopIsToldOfFromOutsideWithWhatHoldsIt() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    try (EventLoop loop = EventLoop.builder().name("held").start();
        PipePair pipe = PipePair.open()) {
      loop.watch(pipe.reader(), Interest.READABLE, (_, _) -> {});
      loop.execute(() -> hold(held, over));
      assertThat(held.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(loop.dump())
          .startsWith("event loop held")
          .contains("it has not answered within a second")
          .contains("\"held\" #")
          .contains(DumpTest.class.getName() + ".hold(")
          .contains(pipe.reader().descriptor().toString());
      over.countDown();
    }
  }

  private static void hold(CountDownLatch held, CountDownLatch over) {
    held.countDown();
    try {
      assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFiberCanDumpItsOwnLoopAndOneThatHasEndedAnswersToo() throws Exception {
    EventLoop loop = EventLoop.builder().mountFibers(true).start();
    try (loop) {
      assertThat(loop.fiber("myself", loop::dump).join())
          .contains("\"myself\" #", ".dump(")
          .doesNotContain("it has not answered");
    }
    assertThat(loop.dump()).contains("TERMINATED", "sources: 0");
  }

  /** What another thread hands in to such a loop is a fault. */
  @Test
  void aConfinedLoopIsDumpedFromElsewhereWithoutBeingAsked() throws Exception {
    List<Throwable> faults = new ArrayList<>();
    try (EventLoop loop =
        EventLoop.builder()
            .name("confined")
            .confinedTo(Thread.currentThread())
            .uncaughtExceptionHandler((_, fault) -> faults.add(fault))
            .open()) {
      loop.execute(() ->
          assertThat(
                  CompletableFuture.supplyAsync(loop::dump).orTimeout(5, TimeUnit.SECONDS).join())
              .startsWith("event loop confined"));
      loop.runOnce(Duration.ZERO);
      loop.runOnce(Duration.ZERO);
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void aGroupIsDumpedLoopByLoop() throws Exception {
    try (EventLoopGroup group = EventLoopGroup.builder().loops(2).name("pair").start()) {
      assertThat(group.dump())
          .contains("event loop " + group.loops().getFirst().name())
          .contains("event loop " + group.loops().getLast().name());
    }
  }
}
