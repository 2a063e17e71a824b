import dev.selkie.runtime.*;
import dev.selkie.runtime.tls.*;
import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.time.Duration;
import javax.net.ssl.*;

/**
 * A client of TLS that trusts one certificate: it asks {@link TlsEcho}, by a fiber.
 *
 * <p>It takes a host, a port, and the file of the certificate:
 *
 * <pre>
 * keytool -exportcert -rfc -keystore localhost.p12 -storepass changeit -alias localhost
 *     -file localhost.pem
 * </pre>
 *
 * <p>Without a file it trusts whom the JDK trusts.
 */
static SSLContext trusting(Path file) throws GeneralSecurityException, IOException {
  KeyStore trusted = KeyStore.getInstance("PKCS12");
  trusted.load(null, null);
  try (InputStream in = Files.newInputStream(file)) {
    trusted.setCertificateEntry(
        "it", CertificateFactory.getInstance("X.509").generateCertificate(in));
  }
  TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
  managers.init(trusted);
  SSLContext context = SSLContext.getInstance("TLS");
  context.init(null, managers.getTrustManagers(), null);
  return context;
}

static String ask(EventLoop loop, Tls tls, String host, int port, String question)
    throws IOException {
  try (Connection connection = tls.connect(loop, host, port, Duration.ofSeconds(10))) {
    connection.readTimeout(Duration.ofSeconds(10));
    TlsStream stream = (TlsStream) connection.source();
    IO.println(stream.session().getProtocol() + ", " + stream.session().getPeerPrincipal());
    byte[] bytes = question.getBytes(StandardCharsets.UTF_8);
    connection.writeFully(ByteBuffer.wrap(bytes));
    ByteBuffer answer = ByteBuffer.allocate(bytes.length);
    connection.readFully(answer);
    return StandardCharsets.UTF_8.decode(answer.flip()).toString();
  }
}

void main(String[] args) throws Exception {
  if (args.length < 2) {
    System.err.println("give a host, a port, and the certificate that is trusted (X.509)");
    System.exit(2);
  }
  Tls tls = args.length == 2 ? Tls.client() : Tls.client(trusting(Path.of(args[2])));
  try (EventLoop loop = EventLoop.start()) {
    int port = Integer.parseInt(args[1]);
    IO.println(loop.fiber(() -> ask(loop, tls, args[0], port, "hello, TLS")).join());
  }
}
