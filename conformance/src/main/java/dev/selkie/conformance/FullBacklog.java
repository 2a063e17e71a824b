package dev.selkie.conformance;

import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A listener whose backlog is full: it drops what asks for a connection. */
public final class FullBacklog implements AutoCloseable {
  private static final Duration A_MOMENT = Duration.ofMillis(100);
  private static final int MOST = 16;

  private final Kernel kernel;
  private final TcpListener listener;
  private final List<TcpStream> streams = new ArrayList<>();

  /** Opens a listener and fills its backlog. */
  public FullBacklog(Configuration configuration, Kernel kernel) throws IOException {
    this.kernel = kernel;
    this.listener = TcpListener.builder().kernel(kernel).backlog(1).bind(TcpPair.loopback());
    TcpStream last;
    do {
      last = connect(TcpStream.builder());
    } while (Ready.within(configuration, last, Interest.WRITABLE, A_MOMENT)
        && streams.size() < MOST);
  }

  /** Where nobody answers. */
  public InetSocketAddress address() {
    return listener.localAddress();
  }

  /** A stream that asks in vain, and is closed with this. */
  public TcpStream connect(TcpStream.Builder builder) throws IOException {
    TcpStream stream = builder.kernel(kernel).connect(address());
    streams.add(stream);
    return stream;
  }

  @Override
  public void close() {
    streams.forEach(TcpStream::close);
    listener.close();
  }
}
