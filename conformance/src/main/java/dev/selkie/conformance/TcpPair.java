package dev.selkie.conformance;

import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Two connected streams over the loopback interface.
 *
 * @param client the one that connected
 * @param server the one that was accepted
 */
public record TcpPair(TcpStream client, TcpStream server) implements AutoCloseable {
  /** Connects two streams. */
  public static TcpPair open(Configuration configuration, Kernel kernel) throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, loopback())) {
      return open(configuration, kernel, listener, TcpStream.builder());
    }
  }

  /** Connects a stream, made by a builder, with a listener that has no other connection. */
  public static TcpPair open(
      Configuration configuration, Kernel kernel, TcpListener listener, TcpStream.Builder builder)
      throws IOException {
    TcpStream client = builder.kernel(kernel).connect(listener.localAddress());
    Ready.await(configuration, listener, Interest.READABLE);
    TcpStream server = listener.accept();
    if (server == null) {
      client.close();
      throw new AssertionError("the listener is readable and has no connection");
    }
    Ready.await(configuration, client, Interest.WRITABLE);
    if (!client.finishConnect()) {
      throw new AssertionError("the stream is writable and not connected");
    }
    return new TcpPair(client, server);
  }

  /** Port 0 of 127.0.0.1: the system chooses the port. */
  public static InetSocketAddress loopback() {
    return at("127.0.0.1", 0);
  }

  /** The address of a literal. */
  public static InetSocketAddress at(String literal, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
