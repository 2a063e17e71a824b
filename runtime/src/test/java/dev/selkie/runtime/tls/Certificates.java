package dev.selkie.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** The certificates of the tests: see certificates.sh. */
final class Certificates {
  private static final char[] PASSWORD = "selkie-test".toCharArray();

  private static final KeyStore ALL = all();

  private Certificates() {}

  /** A context that shows some certificates and trusts some, and has sessions of its own. */
  static SSLContext context(List<String> shown, List<String> trusted) {
    try {
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX"); // chooses by the name asked
      keys.init(store(shown, true), PASSWORD);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store(trusted, false));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          shown.isEmpty() ? null : keys.getKeyManagers(),
          trusted.isEmpty() ? null : trust.getTrustManagers(),
          null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A server's context. */
  static SSLContext of(String... shown) {
    return context(List.of(shown), List.of());
  }

  /** A client's context. */
  static SSLContext trusting(String... trusted) {
    return context(List.of(), List.of(trusted));
  }

  /** A client's context whose check of certificates takes until a latch is open. */
  static SSLContext deciding(CountDownLatch over) {
    X509ExtendedTrustManager manager =
        new X509ExtendedTrustManager() {
          private void decide() {
            try {
              assertThat(over.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            decide();
          }

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            decide();
          }

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type) {
            decide();
          }

          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            decide();
          }

          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
            decide();
          }

          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type) {
            decide();
          }

          @Override
          public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
          }
        };
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {manager}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyStore store(List<String> names, boolean withKeys)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("JKS"); // in memory alone: the other would encrypt
    store.load(null, PASSWORD);
    for (String name : names) {
      if (withKeys) {
        store.setEntry(name, entry(name), new KeyStore.PasswordProtection(PASSWORD));
      } else {
        store.setCertificateEntry(name, ALL.getCertificate(name));
      }
    }
    return store;
  }

  private static KeyStore all() {
    try (InputStream in = Certificates.class.getResourceAsStream("certificates.p12")) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(Objects.requireNonNull(in), PASSWORD);
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyStore.PrivateKeyEntry entry(String name) throws GeneralSecurityException {
    return (KeyStore.PrivateKeyEntry) ALL.getEntry(name, new KeyStore.PasswordProtection(PASSWORD));
  }

  /** Writes the key and the certificate of a name for programs that read PEM. */
  static Path pem(String name, Path folder) throws GeneralSecurityException, IOException {
    KeyStore.PrivateKeyEntry entry = entry(name);
    return Files.writeString(
        folder.resolve(name + ".pem"),
        pem("PRIVATE KEY", entry.getPrivateKey().getEncoded())
            + pem("CERTIFICATE", entry.getCertificate().getEncoded()));
  }

  private static String pem(String what, byte[] encoded) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(what, Base64.getMimeEncoder().encodeToString(encoded), what);
  }
}
