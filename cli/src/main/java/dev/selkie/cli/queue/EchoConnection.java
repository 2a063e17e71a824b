package dev.selkie.cli.queue;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection that sends back what it receives.
 *
 * <p>What the peer does not take yet is kept, at most one buffer of it, and nothing more is read
 * meanwhile: a peer that does not read is held back by TCP.
 */
final class EchoConnection extends ServerConnection {
  /** Rounds until the other connections have their turn. */
  private static final int ROUNDS_A_TURN = 16;

  private @Nullable ByteBuffer pending;

  EchoConnection(Server server, TcpStream stream) {
    super(server, stream);
  }

  @Override
  void advance() throws IOException {
    for (int round = 0; round < ROUNDS_A_TURN; round++) {
      if (!writePending() || !echo()) {
        return;
      }
    }
    server.proceedAgain(this);
  }

  @Override
  Interest awaited() {
    return pending == null ? Interest.READABLE : Interest.WRITABLE;
  }

  /** Whether nothing is left to write. */
  private boolean writePending() throws IOException {
    ByteBuffer rest = pending;
    if (rest == null) {
      return true;
    }
    if (!write(rest)) {
      return false;
    }
    pending = null;
    return true;
  }

  /** Reads and writes once; whether there may be more. */
  private boolean echo() throws IOException {
    ByteBuffer buffer = server.buffer.clear();
    int count = stream.read(buffer);
    if (count == Io.NOT_READY) {
      return false;
    }
    if (count == Io.END) {
      close(); // all that came was sent: the peer reads it, then end of file
      return false;
    }
    server.counts.bytesIn.add(count);
    buffer.flip();
    if (!write(buffer)) {
      pending = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
      return false;
    }
    return true;
  }

  /** Writes until the buffer is empty, true, or the stream takes no more. */
  private boolean write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      int count = stream.write(bytes);
      if (count == Io.NOT_READY) {
        return false;
      }
      server.counts.bytesOut.add(count);
    }
    return true;
  }
}
