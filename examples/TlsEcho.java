import dev.selkie.net.TcpListener;
import dev.selkie.runtime.*;
import dev.selkie.runtime.tls.Tls;
import java.io.*;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.security.*;
import javax.net.ssl.*;

/**
 * An echo server of TLS: what {@link FiberEcho} does, over {@code tls.listen}.
 *
 * <p>It takes a file with a key and its certificate, the file's password, and a port. A file for
 * localhost:
 *
 * <pre>
 * keytool -genkeypair -keystore localhost.p12 -storepass changeit -alias localhost -keyalg EC
 *     -dname CN=localhost -ext san=dns:localhost
 * openssl s_client -connect localhost:PORT
 * </pre>
 */
static SSLContext context(Path file, char[] password)
    throws GeneralSecurityException, IOException {
  KeyStore store = KeyStore.getInstance("PKCS12");
  try (InputStream in = Files.newInputStream(file)) {
    store.load(in, password);
  }
  KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
  keys.init(store, password);
  SSLContext context = SSLContext.getInstance("TLS");
  context.init(keys.getKeyManagers(), null, null);
  return context;
}

static Object echo(Connection connection) throws IOException {
  try (connection) {
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    while (connection.read(buffer.clear()) >= 0) {
      connection.writeFully(buffer.flip());
    }
    return "end";
  }
}

void main(String[] args) throws Exception {
  if (args.length < 2) {
    System.err.println("give a file with a key and its certificate (PKCS #12), and its password");
    System.exit(2);
  }
  int port = args.length < 3 ? 0 : Integer.parseInt(args[2]);
  Tls tls = Tls.server(context(Path.of(args[0]), args[1].toCharArray()));
  try (EventLoop loop = EventLoop.start()) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    Incoming<Connection> incoming = tls.listen(loop, address);
    IO.println("echo at " + ((TcpListener) incoming.source()).localAddress());
    while (true) {
      Connection connection = incoming.take(); // its handshake is made by its fiber
      loop.fiber(() -> echo(connection))
          .toCompletableFuture()
          .whenComplete((_, failure) -> {
            if (failure != null) {
              System.err.println(failure);
            }
          });
    }
  }
}
