package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * The load of the TLS comparison: {@code TlsLoad PEER KEYSTORE PORT CONNECTIONS SIZE}, the same for
 * all peers, by the JDK's sockets on virtual threads. Each connection has one message under way;
 * {@code round MILLIS} answers with the messages that came back whole, and the time.
 */
final class TlsLoad {
  private static final long MILLI = 1_000_000;

  private final List<SSLSocket> sockets = new ArrayList<>();
  private final byte[] message;

  private TlsLoad(SSLContext context, int port, int connections, int size) throws IOException {
    message = new byte[size];
    new Random(size).nextBytes(message);
    for (int i = 0; i < connections; i++) {
      SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
      socket.setTcpNoDelay(true);
      socket.startHandshake();
      sockets.add(socket);
      exchange(socket, new byte[size]); // the server's part of the handshake is done then, too
    }
  }

  public static void main(String[] args) {
    try {
      TlsLoad load =
          new TlsLoad(
              TlsContexts.of(args[1]),
              Integer.parseInt(args[2]),
              Integer.parseInt(args[3]),
              Integer.parseInt(args[4]));
      ChildMain.answer("ready");
      while (true) {
        load.round(Long.parseLong(ChildMain.nextCommand()[1]));
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private void round(long millis) throws InterruptedException {
    AtomicLong messages = new AtomicLong();
    CountDownLatch done = new CountDownLatch(sockets.size());
    long start = System.nanoTime();
    for (SSLSocket socket : sockets) {
      Thread.startVirtualThread(() -> {
        try {
          byte[] answer = new byte[message.length];
          long count = 0;
          while (System.nanoTime() - start < millis * MILLI) {
            exchange(socket, answer);
            count++;
          }
          messages.addAndGet(count);
        } catch (IOException | Error e) {
          ChildMain.fail(e);
        } finally {
          done.countDown();
        }
      });
    }
    done.await();
    ChildMain.answer("messages=%d nanos=%d", messages.get(), System.nanoTime() - start);
  }

  private void exchange(SSLSocket socket, byte[] answer) throws IOException {
    OutputStream out = socket.getOutputStream();
    InputStream in = socket.getInputStream();
    out.write(message);
    if (in.readNBytes(answer, 0, answer.length) != answer.length
        || !Arrays.equals(answer, message)) {
      throw new IOException("a wrong answer");
    }
  }
}
