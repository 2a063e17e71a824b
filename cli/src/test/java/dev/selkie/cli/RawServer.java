package dev.selkie.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A server that answers every connection's request with the same bytes, or never. */
final class RawServer implements AutoCloseable {
  private final ServerSocket listener;
  private final byte[] answer;

  private RawServer(ServerSocket listener, byte[] answer) {
    this.listener = listener;
    this.answer = answer;
  }

  /** Answers with a text and closes; with an empty text it closes at once. */
  static RawServer answering(String answer) throws IOException {
    RawServer server =
        new RawServer(
            new ServerSocket(0, 50, InetAddress.getLoopbackAddress()),
            answer.getBytes(StandardCharsets.UTF_8));
    Thread.ofPlatform().daemon().name("raw-server").start(server::run);
    return server;
  }

  /** Lets clients connect and never says anything. */
  static RawServer silent() throws IOException {
    return new RawServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), new byte[0]);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void run() {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        readHead(socket.getInputStream());
        socket.getOutputStream().write(answer);
      } catch (IOException e) {
        // the client went away, or the test has ended
      }
    }
  }

  private static void readHead(InputStream in) throws IOException {
    int seen = 0;
    while (seen < 4) {
      int b = in.read();
      if (b < 0) {
        return;
      }
      seen = b == "\r\n\r\n".charAt(seen) ? seen + 1 : b == '\r' ? 1 : 0;
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
