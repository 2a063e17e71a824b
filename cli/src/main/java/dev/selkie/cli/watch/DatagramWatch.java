package dev.selkie.cli.watch;

import dev.selkie.DatagramSource;
import dev.selkie.Envelope;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A socket for datagrams, of UDP or of this host. */
final class DatagramWatch implements Watched {
  private static final int LONGEST = 1 << 16;

  private final String name;
  private final DatagramSource socket;
  private final byte[] bytes = new byte[LONGEST];
  private final Envelope envelope = new Envelope();

  DatagramWatch(String name, DatagramSource socket) {
    this.name = name;
    this.socket = socket;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void register(EventQueue<Watched> queue) throws IOException {
    queue.register(socket, Interest.READABLE, this);
  }

  @Override
  public @Nullable Happening next() throws IOException {
    int length = socket.receive(ByteBuffer.wrap(bytes), envelope);
    if (length == Io.NOT_READY) {
      return null;
    }
    Happening happening = Happening.of(this, "datagram");
    SocketAddress sender = envelope.address();
    if (sender != null) {
      happening.with("from", text(sender));
    }
    if (envelope.isTruncated()) {
      happening.with("truncated", true);
    }
    int end = length;
    while (end > 0 && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r')) {
      end--; // as nc and echo send it
    }
    return happening
        .with("bytes", length)
        .with("text", new String(bytes, 0, end, StandardCharsets.UTF_8));
  }

  private static String text(SocketAddress address) {
    if (!(address instanceof InetSocketAddress internet)) {
      return address.toString();
    }
    String host = internet.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + internet.getPort();
  }

  @Override
  public void close() {
    socket.close();
  }
}
