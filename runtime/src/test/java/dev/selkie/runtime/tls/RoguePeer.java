package dev.selkie.runtime.tls;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import org.jspecify.annotations.Nullable;

/** A client that does with its records what no good one does; it waits for what it reads. */
final class RoguePeer implements AutoCloseable {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int HEADER = 5;

  final Socket socket;
  final SSLEngine engine;

  RoguePeer(int port, SSLContext context, String version) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(10_000);
    engine = context.createSSLEngine("localhost", port);
    engine.setUseClientMode(true);
    engine.setEnabledProtocols(new String[] {version});
  }

  /** Makes a handshake, or goes on with one. */
  void handshake() throws IOException {
    engine.beginHandshake();
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_WRAP -> send(record(NOTHING));
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> receive();
        default -> {
          return;
        }
      }
    }
  }

  /** The next record of the engine, of some bytes or of its own. */
  byte[] record(ByteBuffer source) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(source, target);
    byte[] bytes = new byte[target.flip().remaining()];
    if (bytes.length == 0) {
      throw new IllegalStateException("the engine has made no record");
    }
    target.get(bytes);
    return bytes;
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Receives a record, and returns what was in it; null at the end that TLS tells. */
  byte @Nullable [] receive() throws IOException {
    InputStream in = socket.getInputStream();
    byte[] header = in.readNBytes(HEADER);
    if (header.length < HEADER) {
      throw new EOFException("the end without close_notify");
    }
    ByteBuffer whole = ByteBuffer.allocate(HEADER + ByteBuffer.wrap(header).getShort(3));
    whole.put(header).put(in.readNBytes(whole.remaining())).flip();
    ByteBuffer target = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    SSLEngineResult result = engine.unwrap(whole, target);
    byte[] bytes = new byte[target.flip().remaining()];
    target.get(bytes);
    return result.getStatus() == SSLEngineResult.Status.CLOSED ? null : bytes;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
