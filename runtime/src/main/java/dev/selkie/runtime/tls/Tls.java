package dev.selkie.runtime.tls;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.kernel.Clock;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.LayeredSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * How one side speaks TLS: a client's or a server's settings, from which streams and connections
 * are made. Immutable, for any thread.
 *
 * <pre>{@code
 * Tls tls = Tls.client();
 * try (Connection connection = tls.connect(loop, "example.org", 443, Duration.ofSeconds(10))) { … }
 *
 * Tls tls = Tls.server(context).protocols("h2", "http/1.1");
 * try (Incoming<Connection> incoming = tls.listen(loop, address)) { … }
 * }</pre>
 *
 * <p>The engine, its algorithms, certificates, and the cache of sessions that are resumed are those
 * of the JDK and of the {@link SSLContext}. A connection is used as any other: its {@link
 * Connection#source} is the {@link TlsStream}, with the session.
 */
public final class Tls {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final SSLContext context;
  private final boolean isClient;
  private final Consumer<SSLParameters> adjustment;
  private final long handshakeNanos;
  private final @Nullable Executor delegate;

  private Tls(
      SSLContext context,
      boolean isClient,
      Consumer<SSLParameters> adjustment,
      long handshakeNanos,
      @Nullable Executor delegate) {
    this.context = Objects.requireNonNull(context, "context");
    this.isClient = isClient;
    this.adjustment = adjustment;
    this.handshakeNanos = handshakeNanos;
    this.delegate = delegate;
  }

  /** A client that trusts whom the JDK trusts. */
  public static Tls client() {
    try {
      return client(SSLContext.getDefault());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK's default SSLContext cannot be made", e);
    }
  }

  /** A client that trusts whom the context's managers trust, and shows their certificates. */
  public static Tls client(SSLContext context) {
    return new Tls(context, true, _ -> {}, TIMEOUT.toNanos(), null);
  }

  /**
   * A server that shows the certificates of the context's managers. Which one, a manager that is an
   * {@link javax.net.ssl.X509ExtendedKeyManager} may choose by the name that the client asks for.
   */
  public static Tls server(SSLContext context) {
    return new Tls(context, false, _ -> {}, TIMEOUT.toNanos(), null);
  }

  /**
   * The application's protocols, preferred ones first (ALPN, RFC 7301). A client that offers none
   * of a server's is refused; one that offers nothing is not.
   *
   * @see TlsStream#applicationProtocol
   */
  public Tls protocols(String... names) {
    String[] copy = List.of(names).toArray(String[]::new);
    return adjust(parameters -> parameters.setApplicationProtocols(copy));
  }

  /** A server that refuses clients without a certificate. */
  public Tls needClientCertificate() {
    checkServer("asks for certificates");
    return adjust(parameters -> parameters.setNeedClientAuth(true));
  }

  /** A server that asks for a certificate, and takes clients that have none. */
  public Tls wantClientCertificate() {
    checkServer("asks for certificates");
    return adjust(parameters -> parameters.setWantClientAuth(true));
  }

  /**
   * A client that takes whom it trusts by whatever name: anybody with a certificate that is trusted
   * can then pass for the one that is meant.
   */
  public Tls withoutNameCheck() {
    if (!isClient) {
      throw new IllegalStateException("a client checks names, not a server");
    }
    return adjust(parameters -> parameters.setEndpointIdentificationAlgorithm(null));
  }

  /** Changes what else the JDK lets be chosen, such as cipher suites; after what was set before. */
  public Tls adjust(Consumer<SSLParameters> change) {
    return new Tls(context, isClient, adjustment.andThen(change), handshakeNanos, delegate);
  }

  /**
   * How long a handshake may take, from when the loop has the stream; 10 s at first, zero: without
   * a limit. Later, what waits and what comes fails with {@link
   * javax.net.ssl.SSLHandshakeException}.
   */
  public Tls handshakeTimeout(Duration timeout) {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("a handshake timeout of " + timeout);
    }
    long nanos = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) >= 0 ? 0 : timeout.toNanos();
    return new Tls(context, isClient, adjustment, nanos, delegate);
  }

  /**
   * Has an executor do what takes milliseconds in a handshake: signatures, and checks of
   * certificates, which may ask other hosts. At first it is done where it comes up, on the loop's
   * thread mostly, which is less work in all.
   */
  public Tls delegateTo(Executor executor) {
    Objects.requireNonNull(executor, "executor");
    return new Tls(context, isClient, adjustment, handshakeNanos, executor);
  }

  private void checkServer(String does) {
    if (isClient) {
      throw new IllegalStateException("a server " + does + ", not a client");
    }
  }

  private void checkClient() {
    if (!isClient) {
      throw new IllegalStateException(
          "a client connects, and names its peer; a server takes streams by over(stream)");
    }
  }

  // Streams

  /** A server's stream upon another one, which it closes as it is closed. */
  public <S extends ByteInput & ByteOutput> TlsStream over(S below) {
    return server(below, below);
  }

  /**
   * A client's stream upon another one, which it closes as it is closed.
   *
   * @param host whose certificate the server must show, and the name that it is asked for by (SNI,
   *     RFC 6066) unless it is an address
   * @param port with the host, of which server a session may be resumed
   */
  public <S extends ByteInput & ByteOutput> TlsStream over(S below, String host, int port) {
    return client(below, below, host, port);
  }

  private TlsStream server(ByteInput input, ByteOutput output) {
    checkServer("does not name its peer: a client needs a host and a port,");
    return stream(input, output, context.createSSLEngine());
  }

  private TlsStream client(ByteInput input, ByteOutput output, String host, int port) {
    checkClient();
    return stream(
        input, output, context.createSSLEngine(Objects.requireNonNull(host, "host"), port));
  }

  private TlsStream stream(ByteInput input, ByteOutput output, SSLEngine engine) {
    if (input instanceof LayeredSource) {
      throw new IllegalArgumentException(input + " is a layer: there is none upon another");
    }
    engine.setUseClientMode(isClient);
    SSLParameters parameters = engine.getSSLParameters();
    if (isClient) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setServerNames(askedFor(Objects.requireNonNull(engine.getPeerHost())));
    }
    adjustment.accept(parameters);
    engine.setSSLParameters(parameters);
    return new TlsStream(input, output, engine, delegate, handshakeNanos);
  }

  /**
   * The name to ask for, if the host has one that SNI takes: no address, nor a name like my_host.
   */
  private static List<SNIServerName> askedFor(String host) {
    try {
      var _ = InetAddress.ofLiteral(host);
      return List.of();
    } catch (IllegalArgumentException e) {
      return named(host.endsWith(".") ? host.substring(0, host.length() - 1) : host);
    }
  }

  private static List<SNIServerName> named(String host) {
    try {
      return List.of(new SNIHostName(host));
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }

  // Connections

  /**
   * Goes over to TLS on a connection, as a server; the one that is returned takes its place. Who
   * has read ahead on the plain one, by a {@link java.io.BufferedReader} for one, must not take
   * what it then holds for what came by TLS: an attacker may have put it there.
   *
   * @throws IllegalStateException if an operation is under way on it
   */
  public Connection secure(Connection connection) {
    return connection.layered(server(connection.input().source(), connection.output().source()));
  }

  /** Goes over to TLS on a connection, as a client; see {@link #over(ByteInput, String, int)}. */
  public Connection secure(Connection connection, String host, int port) {
    return connection.layered(
        client(connection.input().source(), connection.output().source(), host, port));
  }

  /**
   * Connects to a server, parking the calling thread until the handshake is done.
   *
   * @param timeout for all of it; zero: without a limit but that of the handshake
   * @throws java.net.SocketTimeoutException if the time is over before it is connected
   * @throws javax.net.ssl.SSLException if the handshake fails: a {@link
   *     javax.net.ssl.SSLHandshakeException} for a certificate that is not trusted, or for want of
   *     time
   */
  public Connection connect(EventLoop loop, String host, int port, Duration timeout)
      throws IOException {
    checkClient();
    Clock clock = loop.kernel().clock();
    long start = clock.nanoTime();
    Connection plain = loop.connect(host, port, timeout);
    try {
      Connection secure = within(timeout, clock.nanoTime() - start).secure(plain, host, port);
      secure.flush();
      return secure;
    } catch (Throwable e) {
      plain.close();
      throw e;
    }
  }

  /** Speaks TLS in what is left of a time. */
  private Tls within(Duration timeout, long spent) {
    Duration limit = Duration.ofNanos(handshakeNanos);
    Duration left = timeout.minusNanos(spent);
    return timeout.isZero() || (handshakeNanos != 0 && left.compareTo(limit) >= 0)
        ? this
        : handshakeTimeout(left.compareTo(Duration.ZERO) > 0 ? left : Duration.ofNanos(1));
  }

  /**
   * Connects to a server as {@link #connect}; the future may be cancelled, which ends all of it.
   */
  public CompletableFuture<Connection> connectAsync(EventLoop loop, String host, int port) {
    checkClient();
    CompletableFuture<Connection> plain = loop.connectAsync(host, port);
    CompletableFuture<Connection> secure =
        plain.thenCompose(connection -> {
          Connection upper = secure(connection, host, port);
          return upper.flushAsync().thenApply(_ -> upper);
        });
    var _ =
        secure.whenComplete((_, failure) -> {
          if (failure != null && !plain.cancel(false) && !plain.isCompletedExceptionally()) {
            plain.join().close();
          }
        });
    return secure;
  }

  /**
   * Listens for clients. Each connection is given out before its handshake, which is made by what
   * reads or writes first, or by {@link Connection#flush}: so none holds up another.
   */
  public Incoming<Connection> listen(EventLoop loop, SocketAddress address) throws IOException {
    checkServer("listens");
    TcpListener listener = TcpListener.bind(loop.kernel(), address);
    try {
      return loop.attach(listener, stream -> loop.attach(over(stream)));
    } catch (Throwable e) {
      listener.close();
      throw e;
    }
  }

  @Override
  public String toString() {
    return "TLS " + (isClient ? "client" : "server");
  }
}
