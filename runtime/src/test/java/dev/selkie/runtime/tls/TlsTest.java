package dev.selkie.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.WriteQueue;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS between two of its streams: each version that the JDK has, each backend of this machine. */
@ParameterizedClass
@CsvSource({"epoll, TLSv1.3", "epoll, TLSv1.2", "poll, TLSv1.3"})
final class TlsTest {
  private static final SSLContext SERVER = Certificates.of("localhost");
  private static final SSLContext CLIENT = Certificates.trusting("localhost");

  private final String backend;
  private final String version;
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private EventLoop loop;
  private Connection client;
  private Connection server;

  TlsTest(String backend, String version) {
    this.backend = backend;
    this.version = version;
  }

  @BeforeEach
  void open() throws IOException {
    loop =
        EventLoop.builder()
            .backend(backend)
            .uncaughtExceptionHandler((_, e) -> faults.add(e))
            .start();
  }

  @AfterEach
  void close() {
    loop.close();
    assertThat(faults).isEmpty();
  }

  private Tls only(Tls tls) {
    return tls.adjust(parameters -> parameters.setProtocols(new String[] {version}));
  }

  private void connect() throws Exception {
    connect(only(Tls.server(SERVER)), only(Tls.client(CLIENT)), "localhost");
  }

  /** Makes both ends, of which the server's handshake has begun and may not be done. */
  private void connect(Tls listening, Tls connecting, String host) throws Exception {
    try (Incoming<Connection> incoming = listening.listen(loop, loopback())) {
      CompletableFuture<Connection> arriving = incoming.takeAsync();
      CompletableFuture<Connection> made =
          connecting.connectAsync(loop, host, port(incoming)).orTimeout(20, TimeUnit.SECONDS);
      server = arriving.get(20, TimeUnit.SECONDS);
      CompletableFuture<?> answered = server.flushAsync().orTimeout(20, TimeUnit.SECONDS);
      try {
        client = made.join();
        answered.join();
      } finally {
        CompletableFuture.allOf(made.exceptionally(_ -> null), answered.exceptionally(_ -> null))
            .get(20, TimeUnit.SECONDS);
      }
    }
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static int port(Incoming<Connection> incoming) throws IOException {
    return ((TcpListener) incoming.source()).localAddress().getPort();
  }

  private static TlsStream tls(Connection connection) {
    return (TlsStream) connection.source();
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ByteBuffer buffer) {
    return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
  }

  /** Leaves so little room between both ends that a writer soon finds none. */
  private static void narrow(Connection from, Connection to) throws IOException {
    ((TcpStream) tls(from).below()).set(TcpOption.SEND_BUFFER, 20_000);
    ((TcpStream) tls(to).below()).set(TcpOption.RECEIVE_BUFFER, 20_000);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  // The handshake

  @Test
  void bothKnowTheSession() throws Exception {
    connect();
    assertThat(tls(client).session().getProtocol()).isEqualTo(version);
    assertThat(tls(client).session().getPeerPrincipal().getName()).isEqualTo("CN=localhost");
    assertThat(tls(server).session().getCipherSuite())
        .isEqualTo(tls(client).session().getCipherSuite());
    assertThat(tls(client).applicationProtocol()).isNull();
  }

  @Test
  void aHandshakeIsMadeByTheFirstReadAndWrite() throws Exception {
    try (Incoming<Connection> incoming = only(Tls.server(SERVER)).listen(loop, loopback())) {
      Connection plain = loop.connect("localhost", port(incoming), Duration.ofSeconds(10));
      client = only(Tls.client(CLIENT)).secure(plain, "localhost", port(incoming));
      server = incoming.take();
      assertThatThrownBy(() -> tls(client).session())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the handshake is not done");
      ByteBuffer target = ByteBuffer.allocate(5);
      CompletableFuture<Integer> read = server.readFullyAsync(target);
      client.writeFully(text("hello"));
      assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(5);
      assertThat(text(target)).isEqualTo("hello");
    }
  }

  @Test
  void aClientThatReadsFirstBeginsTheHandshake() throws Exception {
    try (Incoming<Connection> incoming = only(Tls.server(SERVER)).listen(loop, loopback())) {
      Connection plain = loop.connect("localhost", port(incoming), Duration.ofSeconds(10));
      client = only(Tls.client(CLIENT)).secure(plain, "localhost", port(incoming));
      ByteBuffer target = ByteBuffer.allocate(3);
      CompletableFuture<Integer> read = client.readFullyAsync(target);
      incoming.take().writeFully(text("220"));
      assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(3);
    }
  }

  @Test
  void anExecutorThatTakesItsTimeHoldsUpNoLoop() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (ExecutorService elsewhere = Executors.newSingleThreadExecutor();
        Incoming<Connection> incoming = only(Tls.server(SERVER)).listen(loop, loopback())) {
      CompletableFuture<Connection> made =
          only(Tls.client(Certificates.deciding(over)))
              .delegateTo(elsewhere)
              .handshakeTimeout(Duration.ofMillis(200))
              .connectAsync(loop, "localhost", port(incoming));
      try (Connection accepted = incoming.take()) {
        CompletableFuture<?> answered = accepted.flushAsync();
        assertThatThrownBy(() -> made.get(10, TimeUnit.SECONDS))
            .hasRootCauseInstanceOf(SSLHandshakeException.class)
            .hasStackTraceContaining("not done in 200 ms");
        loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
        over.countDown();
        assertThatThrownBy(() -> answered.get(10, TimeUnit.SECONDS))
            .hasCauseInstanceOf(IOException.class);
      } finally {
        over.countDown();
      }
    }
  }

  @Test
  void aHostMustBeNamedAndMayBeOneThatCannotBeAskedFor() throws Exception {
    try (Incoming<Connection> incoming = loop.listen(loopback())) {
      Connection plain = loop.connect("localhost", port(incoming), Duration.ofSeconds(10));
      assertThatThrownBy(() -> Tls.client(CLIENT).secure(plain, null, 443))
          .isInstanceOf(NullPointerException.class)
          .hasMessage("host");
      assertThat(Tls.client(CLIENT).secure(plain, "my_host", 443).isOpen()).isTrue();
    }
  }

  @Test
  void aLayerIsNotWatched() throws Exception {
    connect();
    assertThatThrownBy(() -> loop.watch(tls(client), dev.selkie.Interest.READABLE, (_, _) -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("attach it");
  }

  @Test
  void theFirstProtocolOfTheServerThatTheClientHasIsAgreedOn() throws Exception {
    connect(
        only(Tls.server(SERVER)).protocols("h2", "http/1.1"),
        only(Tls.client(CLIENT)).protocols("http/1.1", "h2"),
        "localhost");
    assertThat(tls(client).applicationProtocol()).isEqualTo("h2");
    assertThat(tls(server).applicationProtocol()).isEqualTo("h2");
  }

  @Test
  void aClientWithoutAProtocolOfTheServerIsRefused() {
    assertThatThrownBy(() ->
            connect(
                only(Tls.server(SERVER)).protocols("h2"),
                only(Tls.client(CLIENT)).protocols("smtp"),
                "localhost"))
        .hasRootCauseInstanceOf(SSLHandshakeException.class)
        .hasStackTraceContaining("no_application_protocol");
  }

  @Test
  void theServerShowsTheCertificateOfTheNameThatIsAskedFor() throws Exception {
    SSLContext several = Certificates.of("localhost", "one.test", "two.test");
    for (String name : List.of("two.test", "one.test", "localhost")) {
      try (Incoming<Connection> incoming = only(Tls.server(several)).listen(loop, loopback())) {
        Connection plain = loop.connect("localhost", port(incoming), Duration.ofSeconds(10));
        client =
            only(Tls.client(Certificates.trusting("localhost", "one.test", "two.test")))
                .secure(plain, name, port(incoming));
        server = incoming.take();
        CompletableFuture<?> answered = server.flushAsync();
        client.flush();
        answered.get(10, TimeUnit.SECONDS);
        assertThat(tls(client).session().getPeerPrincipal().getName()).isEqualTo("CN=" + name);
      }
    }
  }

  @Test
  void anAddressIsCheckedAsAnAddress() throws Exception {
    connect(only(Tls.server(SERVER)), only(Tls.client(CLIENT)), "127.0.0.1");
    assertThat(tls(client).session().getPeerPrincipal().getName()).isEqualTo("CN=localhost");
  }

  @Test
  void aCertificateForAnotherNameIsRefused() {
    assertThatThrownBy(() ->
            connect(
                only(Tls.server(Certificates.of("one.test"))),
                only(Tls.client(Certificates.trusting("one.test"))),
                "localhost"))
        .hasStackTraceContaining("No subject alternative DNS name matching localhost found");
  }

  @Test
  void aCertificateForAnotherNameIsTakenWhereNamesAreNotChecked() throws Exception {
    connect(
        only(Tls.server(Certificates.of("one.test"))),
        only(Tls.client(Certificates.trusting("one.test"))).withoutNameCheck(),
        "localhost");
    assertThat(tls(client).session().getPeerPrincipal().getName()).isEqualTo("CN=one.test");
  }

  @Test
  void aCertificateThatIsNotTrustedIsRefused() {
    assertThatThrownBy(() ->
            connect(
                only(Tls.server(SERVER)),
                only(Tls.client(Certificates.trusting("one.test"))),
                "localhost"))
        .hasStackTraceContaining("unable to find valid certification path");
  }

  @Test
  void anExpiredCertificateIsRefused() {
    SSLContext client = Certificates.trusting("authority");
    assertThatThrownBy(() ->
            connect(
                only(Tls.server(Certificates.of("expired"))),
                only(Tls.client(client)),
                "localhost"))
        .hasRootCauseInstanceOf(java.security.cert.CertificateExpiredException.class);
  }

  @Test
  void aClientWithoutACertificateIsRefusedWhereOneIsNeeded() throws Exception {
    SSLContext asking = Certificates.context(List.of("localhost"), List.of("client"));
    try (Incoming<Connection> incoming =
        only(Tls.server(asking)).needClientCertificate().listen(loop, loopback())) {
      CompletableFuture<Connection> made =
          only(Tls.client(CLIENT)).connectAsync(loop, "localhost", port(incoming));
      server = incoming.take();
      assertThatThrownBy(() -> server.flushAsync().get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(SSLHandshakeException.class)
          .hasStackTraceContaining("Empty client certificate chain");
      // In TLS 1.3 a client has done its part by then, and learns of it as it reads.
      ByteBuffer target = ByteBuffer.allocate(1);
      assertThatThrownBy(() ->
              made.thenCompose(connection -> connection.readAsync(target))
                  .get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(SSLException.class)
          .hasStackTraceContaining("alert");
    }
  }

  @Test
  void aClientWithoutACertificateIsTakenWhereOneIsWanted() throws Exception {
    SSLContext asking = Certificates.context(List.of("localhost"), List.of("client"));
    connect(
        only(Tls.server(asking)).wantClientCertificate(), only(Tls.client(CLIENT)), "localhost");
    assertThatThrownBy(() -> tls(server).session().getPeerPrincipal())
        .isInstanceOf(javax.net.ssl.SSLPeerUnverifiedException.class);
  }

  @Test
  void theServerKnowsTheCertificateOfTheClient() throws Exception {
    SSLContext asking = Certificates.context(List.of("localhost"), List.of("client"));
    SSLContext shown = Certificates.context(List.of("client"), List.of("localhost"));
    connect(only(Tls.server(asking)).needClientCertificate(), only(Tls.client(shown)), "localhost");
    assertThat(tls(server).session().getPeerPrincipal().getName()).isEqualTo("CN=client");
  }

  @Test
  void aSessionIsResumed() throws Exception {
    SSLContext serving = Certificates.of("localhost");
    SSLContext connecting = Certificates.trusting("localhost");
    try (Incoming<Connection> incoming = only(Tls.server(serving)).listen(loop, loopback())) {
      long[] made = new long[2];
      for (int i = 0; i < made.length; i++) {
        CompletableFuture<Connection> connected =
            only(Tls.client(connecting)).connectAsync(loop, "localhost", port(incoming));
        try (Connection to = incoming.take()) {
          to.writeFully(text("hello")); // behind the ticket of TLS 1.3
          try (Connection from = connected.get(10, TimeUnit.SECONDS)) {
            from.readFully(ByteBuffer.allocate(5));
            made[i] = tls(from).session().getCreationTime();
            assertThat(tls(to).session().getCreationTime()).isLessThanOrEqualTo(made[i]);
          }
        }
      }
      assertThat(made[1]).as("when the session was made").isEqualTo(made[0]);
    }
  }

  @Test
  void anExecutorDoesWhatTakesLong() throws Exception {
    AtomicInteger done = new AtomicInteger();
    try (ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
      connect(
          only(Tls.server(SERVER))
              .delegateTo(work ->
                  elsewhere.execute(() -> {
                    done.incrementAndGet();
                    work.run();
                  })),
          only(Tls.client(CLIENT)).delegateTo(elsewhere),
          "localhost");
      assertThat(done.get()).isPositive();
    }
  }

  @Test
  void anExecutorThatRefusesFailsTheHandshake() {
    assertThatThrownBy(() ->
            connect(
                only(Tls.server(SERVER)),
                only(Tls.client(CLIENT))
                    .delegateTo(_ -> {
                      throw new java.util.concurrent.RejectedExecutionException("full");
                    }),
                "localhost"))
        .hasStackTraceContaining("full");
  }

  @Test
  void aConnectionGoesOverToTls() throws Exception {
    try (Incoming<Connection> incoming = loop.listen(loopback())) {
      Connection from = loop.connect("localhost", port(incoming), Duration.ofSeconds(10));
      Connection to = incoming.take();
      to.writeFully(text("220 ready\n"));
      ByteBuffer line = ByteBuffer.allocate(10);
      from.readFully(line);
      assertThat(text(line)).isEqualTo("220 ready\n");
      server = only(Tls.server(SERVER)).secure(to);
      client = only(Tls.client(CLIENT)).secure(from, "localhost", 25);
      CompletableFuture<Integer> written = server.writeFullyAsync(text("250 secret\n"));
      ByteBuffer secret = ByteBuffer.allocate(11);
      client.readFully(secret);
      assertThat(text(secret)).isEqualTo("250 secret\n");
      assertThat(written.get(10, TimeUnit.SECONDS)).isEqualTo(11);
      assertThatThrownBy(() -> only(Tls.server(SERVER)).secure(server))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("layer");
    }
  }

  @Test
  void aConnectionWithAReadUnderWayDoesNotGoOverToTls() throws Exception {
    try (Incoming<Connection> incoming = loop.listen(loopback())) {
      Connection from = loop.connect("localhost", port(incoming), Duration.ofSeconds(10));
      CompletableFuture<Integer> read = from.readAsync(ByteBuffer.allocate(1));
      assertThatThrownBy(() -> Tls.client(CLIENT).secure(from, "localhost", 25))
          .isInstanceOf(java.nio.channels.ReadPendingException.class);
      read.cancel(false);
    }
  }

  // Every style

  @Test
  void threadsReadAndWrite() throws Exception {
    connect();
    ByteBuffer target = ByteBuffer.allocateDirect(100);
    client.writeFully(text("hello"));
    assertThat(server.read(target)).isEqualTo(5);
    assertThat(text(target)).isEqualTo("hello");
    server.outputStream().write("answer".getBytes(StandardCharsets.UTF_8));
    assertThat(new String(client.inputStream().readNBytes(6), StandardCharsets.UTF_8))
        .isEqualTo("answer");
  }

  @Test
  void fibersReadAndWrite() throws Exception {
    connect();
    Fiber<String> echo =
        loop.fiber(() -> {
          ByteBuffer buffer = ByteBuffer.allocate(10);
          server.readFully(buffer);
          server.writeFully(buffer.flip());
          return text(buffer);
        });
    Fiber<String> asker =
        loop.fiber(() -> {
          client.writeFully(text("0123456789"));
          ByteBuffer buffer = ByteBuffer.allocate(10);
          client.readFully(buffer);
          return text(buffer);
        });
    assertThat(asker.get(10, TimeUnit.SECONDS)).isEqualTo("0123456789");
    assertThat(echo.get(10, TimeUnit.SECONDS)).isEqualTo("0123456789");
  }

  @Test
  void tasksReadAndWrite() throws Exception {
    connect();
    ByteBuffer buffer = ByteBuffer.allocate(10);
    CompletableFuture<Integer> read = loop.run(Task.read(server.input(), buffer));
    loop.run(Task.write(client.output(), text("0123456789"))).get(10, TimeUnit.SECONDS);
    assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(10);
    assertThat(text(buffer)).isEqualTo("0123456789");
  }

  @Test
  void writeQueuesWrite() throws Exception {
    connect();
    WriteQueue queue = client.writeQueue(1000, 1_000_000);
    for (int i = 0; i < 100; i++) {
      assertThat(queue.offer(text("%02d".formatted(i)))).isTrue();
    }
    ByteBuffer target = ByteBuffer.allocate(200);
    server.readFully(target);
    assertThat(text(target)).startsWith("000102").endsWith("9899");
    CompletableFuture<Boolean> closed = queue.close(Duration.ofSeconds(10));
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    assertThat(closed.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void transfersMoveWhatWasSaid() throws Exception {
    connect();
    Connection inner = client;
    Connection outer = server;
    connect();
    byte[] sent = random(3_000_000);
    Fiber<Long> relay = loop.fiber(() -> server.relayTo(inner));
    Future<Integer> write =
        loop.fiber(() -> {
          client.writeFully(ByteBuffer.wrap(sent));
          client.shutdownOutput();
          return 0;
        });
    ByteBuffer target = ByteBuffer.allocate(sent.length);
    outer.readFully(target);
    assertThat(target.array()).isEqualTo(sent);
    assertThat(outer.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(sent.length);
    assertThat(write.get(10, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void megabytesGoBothWaysAtOnceByFourThreads() throws Exception {
    connect();
    byte[] sent = random(2_000_000);
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      Future<?> up = threads.submit(() -> writeAll(client, sent, 50_000));
      Future<?> down = threads.submit(() -> writeAll(server, sent, 777));
      Future<byte[]> above = threads.submit(() -> readAll(server, sent.length, 100_000));
      Future<byte[]> below = threads.submit(() -> readAll(client, sent.length, 999));
      assertThat(above.get(30, TimeUnit.SECONDS)).isEqualTo(sent);
      assertThat(below.get(30, TimeUnit.SECONDS)).isEqualTo(sent);
      up.get(10, TimeUnit.SECONDS);
      down.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void megabytesGoBothWaysAtOnceByFibers() throws Exception {
    connect();
    byte[] sent = random(2_000_000);
    Fiber<?> up = loop.fiber(() -> writeAll(client, sent, 50_000));
    Fiber<?> down = loop.fiber(() -> writeAll(server, sent, 777));
    Fiber<byte[]> above = loop.fiber(() -> readAll(server, sent.length, 100_000));
    Fiber<byte[]> below = loop.fiber(() -> readAll(client, sent.length, 999));
    assertThat(above.get(30, TimeUnit.SECONDS)).isEqualTo(sent);
    assertThat(below.get(30, TimeUnit.SECONDS)).isEqualTo(sent);
    up.get(10, TimeUnit.SECONDS);
    down.get(10, TimeUnit.SECONDS);
  }

  private static int writeAll(Connection to, byte[] bytes, int step) throws IOException {
    for (int i = 0; i < bytes.length; i += step) {
      to.writeFully(ByteBuffer.wrap(bytes, i, Math.min(step, bytes.length - i)));
    }
    return bytes.length;
  }

  private static byte[] readAll(Connection from, int size, int step) throws IOException {
    byte[] bytes = new byte[size];
    int n;
    for (int i = 0; i < size; i += n) {
      n = from.read(ByteBuffer.wrap(bytes, i, Math.min(step, size - i)));
      assertThat(n).isPositive();
    }
    return bytes;
  }

  @Test
  void severalBuffersAreGatheredAndScattered() throws Exception {
    connect();
    ByteBuffer[] sources = {text("one"), ByteBuffer.allocate(0), text("two"), text("three")};
    assertThat(tls(client).write(sources, 0, 4)).isEqualTo(11);
    ByteBuffer small = ByteBuffer.allocate(2);
    ByteBuffer rest = ByteBuffer.allocate(3);
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(1);
    assertThat(tls(server).read(small, rest)).isEqualTo(5);
    assertThat(text(small) + text(rest)).isEqualTo("netwo");
    assertThat(tls(server).available()).isEqualTo(5);
  }

  // The end

  @Test
  void theEndOfTheOutputIsTheEndOfThePeersInput() throws Exception {
    connect();
    client.writeFully(text("last"));
    client.shutdownOutput();
    ByteBuffer target = ByteBuffer.allocate(10);
    assertThat(server.read(target)).isEqualTo(4);
    assertThat(server.read(target)).isEqualTo(Io.END);
    assertThat(server.read(target)).isEqualTo(Io.END);
    assertThatThrownBy(() -> client.write(text("more")))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("the output was ended");
  }

  @Test
  void aWriteAfterTheEndOfTheOutputLeavesTheInputAsItIs() throws Exception {
    connect();
    client.shutdownOutput();
    assertThatThrownBy(() -> client.write(text("more"))).isInstanceOf(SSLException.class);
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    ByteBuffer target = ByteBuffer.allocate(6);
    if (version.equals("TLSv1.3")) {
      server.writeFully(text("answer"));
      client.readFully(target);
      assertThat(text(target)).isEqualTo("answer");
    }
    assertThat(client.readTimeout(Duration.ofSeconds(10)).isOpen()).isTrue();
    if (version.equals("TLSv1.2")) { // answered without another write
      assertThat(client.read(target)).isEqualTo(Io.END);
      assertThatThrownBy(() -> server.write(text("more")))
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("the peer has ended the stream");
      assertThat(server.read(target)).isEqualTo(Io.END);
    }
  }

  @Test
  void theOutputThatWasEndedBeforeTheHandshakeTakesNothing() throws Exception {
    try (Incoming<Connection> incoming = only(Tls.server(SERVER)).listen(loop, loopback())) {
      Connection plain = loop.connect("localhost", port(incoming), Duration.ofSeconds(10));
      client = only(Tls.client(CLIENT)).secure(plain, "localhost", port(incoming));
      client.shutdownOutput();
      assertThatThrownBy(() -> client.write(text("late"))).hasMessageContaining("was ended");
      CompletableFuture<?> made = client.flushAsync();
      server = incoming.take();
      assertThat(server.read(ByteBuffer.allocate(10))).isEqualTo(Io.END);
      made.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void inTls13TheOtherDirectionGoesOnAfterTheEndOfOneAndInTls12ItEnds() throws Exception {
    connect();
    client.shutdownOutput();
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    if (version.equals("TLSv1.3")) {
      server.writeFully(text("still"));
      ByteBuffer target = ByteBuffer.allocate(5);
      client.readFully(target);
      assertThat(text(target)).isEqualTo("still");
    } else {
      assertThatThrownBy(() -> server.write(text("still"))).isInstanceOf(SSLException.class);
    }
    server.close();
    assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
  }

  @Test
  void aCloseIsAnEndToThePeer() throws Exception {
    connect();
    client.writeFully(text("last"));
    client.close();
    ByteBuffer target = ByteBuffer.allocate(10);
    assertThat(server.read(target)).isEqualTo(4);
    assertThat(server.read(target)).isEqualTo(Io.END);
    assertThatThrownBy(() -> client.read(target)).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.write(text("a"))).isInstanceOf(ClosedChannelException.class);
    assertThat(client.isOpen()).isFalse();
  }

  @Test
  void aCloseEndsAReadThatWaits() throws Exception {
    connect();
    CompletableFuture<Integer> read = client.readAsync(ByteBuffer.allocate(1));
    client.close();
    assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(AsynchronousCloseException.class);
  }

  @Test
  void whatWasTakenOfAWriterArrivesThoughItClosesAtOnce() throws Exception {
    connect();
    narrow(client, server);
    byte[] sent = random(2_000_000);
    int taken = 0;
    int n;
    do { // until there is no room below, and some is kept
      n = tls(client).write(ByteBuffer.wrap(sent, taken, sent.length - taken));
      taken += Math.max(n, 0);
    } while (n != Io.NOT_READY && taken < sent.length);
    client.close();
    assertThat(client.isOpen()).isFalse();
    byte[] got = readAll(server, taken, 100_000);
    assertThat(got).isEqualTo(java.util.Arrays.copyOf(sent, taken));
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
  }

  @Test
  void whatWasTakenOfAWriterGoesOutWithoutAnotherWrite() throws Exception {
    connect();
    narrow(client, server);
    byte[] sent = random(2_000_000);
    ByteBuffer source = ByteBuffer.wrap(sent);
    while (client.pollWrite(source, () -> {}) != Io.NOT_READY) {
      assertThat(source.hasRemaining()).isTrue();
    }
    assertThat(readAll(server, source.position(), 100_000))
        .isEqualTo(java.util.Arrays.copyOf(sent, source.position()));
  }

  @Test
  void aLoopThatIsShutDownEndsWhenWhatItKeepsIsWritten() throws Exception {
    try (EventLoop other = EventLoop.start()) {
      try (Incoming<Connection> incoming = only(Tls.server(SERVER)).listen(other, loopback())) {
        CompletableFuture<Connection> made =
            only(Tls.client(CLIENT)).connectAsync(loop, "localhost", port(incoming));
        server = incoming.take();
        server.flush();
        client = made.get(10, TimeUnit.SECONDS);
      }
      narrow(client, server);
      ByteBuffer source = ByteBuffer.wrap(random(2_000_000));
      while (client.pollWrite(source, () -> {}) != Io.NOT_READY) {
        assertThat(source.hasRemaining()).isTrue();
      }
      loop.shutdown();
      assertThat(readAll(server, source.position(), 100_000)).hasSize(source.position());
      assertThat(loop.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void theLoopsCloseIsTold() throws Exception {
    connect();
    CountDownLatch parked = new CountDownLatch(1);
    Fiber<Integer> reader =
        loop.fiber(() -> {
          parked.countDown();
          return client.read(ByteBuffer.allocate(1));
        });
    parked.await(10, TimeUnit.SECONDS);
    loop.close();
    assertThatThrownBy(() -> reader.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IOException.class);
    assertThat(client.source().isOpen()).isFalse();
    assertThat(((TlsStream) client.source()).below().isOpen()).isFalse();
  }
}
