package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Names;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections to a host of several addresses, some of which refuse, and some do not answer. */
final class ConnectTest {
  private static final Duration SHORT = Duration.ofMillis(10);
  private static final String ANSWERS = "127.0.0.1";
  private static final String SILENT = "127.0.0.2";
  private static final String REFUSES = "127.0.0.3";

  private final Named kernel = new Named();
  private final LinkedBlockingQueue<Runnable> heldLookUps = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private EventLoop loop;
  private int port;

  /** A kernel whose names are those of the test, and which tells which sockets were not closed. */
  private static final class Named extends ForwardingKernel {
    final ConcurrentLinkedQueue<InetAddress> addresses = new ConcurrentLinkedQueue<>();
    final AtomicInteger open = new AtomicInteger();
    volatile Consumer<SystemCall> before = _ -> {};

    Named() {
      super(Kernel.system());
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      before.accept(call);
      long result = invocation.run(length);
      if (call == SystemCall.SOCKET && result >= 0) {
        open.incrementAndGet();
      } else if (call == SystemCall.CLOSE) {
        open.decrementAndGet();
      }
      return result;
    }

    @Override
    public Names names() {
      return new Names() {
        @Override
        public int resolve(String host, Consumer<? super InetAddress> found) {
          addresses.forEach(found);
          return addresses.size();
        }
      };
    }
  }

  @BeforeEach
  void open() throws Exception {
    loop = offloadingTo(Runnable::run);
    TcpListener listener = TcpListener.bind(Kernel.system(), at(ANSWERS, 0));
    opened.add(listener);
    port = listener.localAddress().getPort();
    TcpListener busy =
        TcpListener.builder().kernel(Kernel.system()).backlog(1).bind(at(SILENT, port));
    opened.add(busy);
    boolean connected = true;
    while (connected) { // until its backlog is full: then the system drops what asks
      TcpStream filler = TcpStream.connect(Kernel.system(), busy.localAddress());
      opened.add(filler);
      connected = filler.finishConnect();
    }
  }

  private EventLoop loop(UnaryOperator<EventLoopBuilder> settings) throws IOException {
    EventLoop made = settings.apply(EventLoop.builder().kernel(kernel)).start();
    kernel.open.set(0);
    opened.add(made);
    return made;
  }

  private EventLoop offloadingTo(Executor offloading) throws IOException {
    return loop(builder -> builder.offloadTo(offloading));
  }

  @AfterEach
  void close() throws Exception {
    awaitOpen(0); // before the loop is closed, which closes what nobody has
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  private void awaitOpen(int sockets) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (kernel.open.get() != sockets) {
      assertThat(System.nanoTime()).as("sockets: %s", kernel.open).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static InetSocketAddress at(String address, int port) throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(address), port);
  }

  private void resolvesTo(String... addresses) throws UnknownHostException {
    for (String address : addresses) {
      kernel.addresses.add(InetAddress.getByName(address));
    }
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    return catchThrowable(() -> future.get(10, TimeUnit.SECONDS)).getCause();
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aSilentAddressHoldsUpThoseBehindItForAMomentOnly() throws Exception {
    resolvesTo(SILENT, REFUSES, ANSWERS);
    try (Connection parked = loop.connect("host", port, Duration.ofSeconds(10));
        Connection future = loop.connectAsync("host", port).get(10, TimeUnit.SECONDS)) {
      for (Connection connection : List.of(parked, future)) {
        assertThat(((TcpStream) connection.source()).remoteAddress()).isEqualTo(at(ANSWERS, port));
      }
    }
  }

  @Test
  void theTimeoutCoversAllAddresses() throws Exception {
    resolvesTo(SILENT, REFUSES, SILENT);
    assertThatThrownBy(() -> loop.connect("host", port, Duration.ofMillis(600)))
        .isInstanceOf(SocketTimeoutException.class)
        .hasMessage(
            "connect(host:%d): no answer in time from [/%2$s:%1$d, /%2$s:%1$d]"
                .formatted(port, SILENT))
        .satisfies(
            e -> assertThat(e.getSuppressed()).singleElement().asString().contains("ECONNREFUSED"));
  }

  @Test
  void theTimeoutCoversTheLookUp() throws Exception {
    EventLoop slow = offloadingTo(heldLookUps::add);
    assertThatThrownBy(() -> slow.connect("host", port, SHORT))
        .isInstanceOf(SocketTimeoutException.class)
        .hasMessageContaining("host was not looked up in time");
  }

  @Test
  void parkedAndAsAFutureTheFirstFailureIsToldWithTheOthers() throws Exception {
    resolvesTo(REFUSES, "127.0.0.4");
    Throwable parked = catchThrowable(() -> loop.connect("host", port, Duration.ZERO));
    for (Throwable failure : List.of(parked, failureOf(loop.connectAsync("host", port)))) {
      assertThat(failure).hasMessageContaining(REFUSES + ":" + port + "): ECONNREFUSED");
      assertThat(failure.getSuppressed()).hasSize(1);
      assertThat(failure.getSuppressed()[0]).hasMessageContaining("127.0.0.4");
    }
  }

  @Test
  void anUnknownNameIsTold() {
    assertThatThrownBy(() -> loop.connect("host", port, Duration.ZERO))
        .isInstanceOf(UnknownHostException.class);
    assertThat(failureOf(loop.connectAsync("host", port))).isInstanceOf(UnknownHostException.class);
  }

  @Test
  void aFutureTriesTheNextAddressWhenOneRefuses() throws Exception {
    resolvesTo(REFUSES, ANSWERS);
    try (Connection connection = loop.connectAsync("host", port).get(10, TimeUnit.SECONDS)) {
      assertThat(((TcpStream) connection.source()).remoteAddress()).isEqualTo(at(ANSWERS, port));
    }
  }

  private EventLoop loopThatAsks(Resolver resolver) throws IOException {
    return loop(builder -> builder.resolver(resolver));
  }

  @Test
  void aResolverIsAskedInPlaceOfTheKernelAndTheFamiliesAreTriedInTurn() throws Exception {
    List<InetAddress> four = new ArrayList<>();
    for (String address : List.of(REFUSES, "127.0.0.4", "::1", "127.0.0.5")) {
      four.add(InetAddress.getByName(address));
    }
    List<String> asked = new ArrayList<>();
    EventLoop made =
        loopThatAsks(host -> {
          asked.add(host);
          return CompletableFuture.supplyAsync(() -> four);
        });
    Throwable failure = failureOf(made.connectAsync("host", port));
    assertThat(asked).containsExactly("host");
    assertThat(failure).hasMessageContaining(REFUSES);
    assertThat(failure.getSuppressed())
        .extracting(Throwable::getMessage)
        .map(text -> text.substring(text.indexOf('(') + 1, text.lastIndexOf(':')))
        .map(text -> text.replaceAll(":[0-9]+\\)?$", ""))
        .containsExactly("[0:0:0:0:0:0:0:1]", "127.0.0.4", "127.0.0.5");
  }

  @Test
  void whatAResolverFailsOfOrDoesNotKnowIsTold() throws Exception {
    EventLoop empty = loopThatAsks(_ -> CompletableFuture.completedFuture(List.of()));
    EventLoop failing =
        loopThatAsks(_ ->
            CompletableFuture.supplyAsync(() -> {
              throw new IllegalStateException("no server");
            }));
    assertThat(failureOf(empty.connectAsync("host", port)))
        .isInstanceOf(UnknownHostException.class);
    assertThat(failureOf(failing.connectAsync("host", port))).hasMessage("no server");
    EventLoop wrong = loopThatAsks(_ -> CompletableFuture.completedFuture(null));
    assertThat(failureOf(wrong.connectAsync("host", port)))
        .isInstanceOf(NullPointerException.class);
    EventLoop throwing =
        loopThatAsks(_ -> {
          throw new IllegalStateException("thrown");
        });
    assertThat(failureOf(throwing.connectAsync("host", port))).hasMessage("thrown");
  }

  @Test
  void aLoopThatIsClosedWaitsForNoResolver() throws Exception {
    EventLoop silent = loopThatAsks(_ -> new CompletableFuture<>());
    CompletableFuture<Connection> future = silent.connectAsync("host", port);
    silent.close();
    kernel.open.set(0); // it has closed its queue
    assertThat(failureOf(future)).isInstanceOf(ClosedLoopException.class);
  }

  @Test
  void aResolverIsCancelledWithItsFuture() throws Exception {
    CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
    CompletableFuture<Connection> future = loopThatAsks(_ -> answer).connectAsync("host", port);
    future.cancel(true);
    assertThat(answer).isCancelled();
  }

  @Test
  void literalsAndLocalhostAskNobody() throws Exception {
    EventLoop made =
        loopThatAsks(host -> {
          throw new AssertionError(host);
        });
    for (String host : List.of(ANSWERS, "localhost", "LocalHost.", "a.localhost")) {
      try (Connection connection = made.connect(host, port, Duration.ofSeconds(10))) {
        assertThat(((TcpStream) connection.source()).remoteAddress()).isEqualTo(at(ANSWERS, port));
      }
    }
  }

  /** On a machine with an address of a link: most have one, and on others there is no scope. */
  @Test
  void aScopedLiteralKeepsItsScope() throws Exception {
    Optional<InetAddress> link =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address instanceof Inet6Address && address.isLinkLocalAddress())
            .findFirst();
    Assumptions.assumeTrue(link.isPresent(), "no interface has a link-local IPv6 address");
    try (TcpListener scoped =
        TcpListener.bind(Kernel.system(), new InetSocketAddress(link.get(), 0))) {
      String literal = link.get().getHostAddress();
      assertThat(literal).contains("%");
      EventLoop made = EventLoop.start();
      opened.add(made);
      made.connect(literal, scoped.localAddress().getPort(), Duration.ofSeconds(10)).close();
    }
  }

  @Test
  void theInterfaceOfAScopedLiteralIsTheKernelsToKnow() throws Exception {
    resolvesTo(ANSWERS);
    EventLoop made =
        loopThatAsks(host -> {
          throw new AssertionError(host);
        });
    made.connect("fe80::1%none", port, Duration.ofSeconds(10)).close();
  }

  @Test
  void anInterruptEndsTheLookUpAndTheConnecting() throws Exception {
    EventLoop slow = offloadingTo(heldLookUps::add);
    Fiber<Connection> inLookUp = slow.fiber(() -> slow.connect("host", port, Duration.ZERO));
    heldLookUps.take();
    resolvesTo(SILENT, ANSWERS);
    Fiber<Connection> connecting = loop.fiber(() -> loop.connect("host", port, Duration.ZERO));
    awaitOpen(1);
    for (Fiber<Connection> fiber : List.of(inLookUp, connecting)) {
      awaitWaiting(fiber.thread());
      fiber.thread().interrupt();
      assertThatThrownBy(fiber::join)
          .hasRootCauseInstanceOf(InterruptedIOException.class)
          .satisfies(e -> assertThat(e.getCause()).isNotInstanceOf(SocketTimeoutException.class));
    }
  }

  @Test
  void theDeadlineOfAScopeEndsTheLookUpAndTheConnecting() throws Exception {
    EventLoop slow = offloadingTo(heldLookUps::add);
    resolvesTo(SILENT);
    for (EventLoop each : List.of(slow, loop)) {
      try (Scope _ = each.scope().deadline(SHORT)) {
        assertThatThrownBy(() -> each.connect("host", port, Duration.ZERO))
            .isInstanceOf(SocketTimeoutException.class);
      }
    }
  }

  @Test
  void aFutureThatIsCancelledDuringTheLookUpConnectsNowhere() throws Exception {
    EventLoop slow = offloadingTo(heldLookUps::add);
    resolvesTo(ANSWERS);
    CompletableFuture<Connection> future = slow.connectAsync("host", port);
    assertThat(future.cancel(true)).isTrue();
    heldLookUps.take().run();
    slow.submit(() -> {}).get(10, TimeUnit.SECONDS);
    assertThat(kernel.open).as("sockets").hasValue(0);
  }

  @Test
  void aFutureThatIsCancelledOrTimesOutWhileItConnectsClosesItsSocket() throws Exception {
    resolvesTo(SILENT, ANSWERS);
    InetSocketAddress silent = at(SILENT, port);
    List<Supplier<CompletableFuture<Connection>>> each =
        List.of(() -> loop.connectAsync("host", port), () -> loop.connectAsync(silent));
    for (Supplier<CompletableFuture<Connection>> begin : each) {
      CompletableFuture<Connection> future = begin.get();
      awaitOpen(1);
      assertThat(future.cancel(true)).isTrue();
      awaitOpen(0);
    }
    assertThat(failureOf(loop.connectAsync("host", port).orTimeout(10, TimeUnit.MILLISECONDS)))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void aConnectionThatComesAfterTheCancelIsClosed() throws Exception {
    EventLoop slow = offloadingTo(heldLookUps::add);
    resolvesTo(ANSWERS);
    CompletableFuture<Connection> future = slow.connectAsync("host", port);
    Thread canceller = Thread.ofPlatform().unstarted(() -> future.cancel(true));
    kernel.before =
        call -> {
          if (call == SystemCall.GETPEERNAME && canceller.getState() == Thread.State.NEW) {
            canceller.start(); // while the attempt that has succeeded is under way
            while (!future.isDone()) {
              Thread.onSpinWait();
            }
          }
        };
    heldLookUps.take().run();
    assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
        .isInstanceOf(CancellationException.class);
    awaitOpen(0);
    canceller.join();
  }

  @Test
  void whateverIsThrownWhileItConnectsClosesItsSocket() throws Exception {
    kernel.before =
        call -> {
          if (call == SystemCall.GETPEERNAME) {
            throw new IllegalStateException("of the kernel");
          }
        };
    assertThatThrownBy(() -> loop.connect(at(ANSWERS, port))).hasMessage("of the kernel");
    assertThat(failureOf(loop.connectAsync(at(ANSWERS, port)))).hasMessage("of the kernel");
  }
}
