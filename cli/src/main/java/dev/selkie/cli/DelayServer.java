package dev.selkie.cli;

import dev.selkie.net.TcpStream;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The protocol of the delay server: {@code GET /{milliseconds}/{message}} is answered with the
 * message, decoded, after the delay. Any number of requests wait at once.
 *
 * <p>It is HTTP/1.1 with one request a connection: each answer says {@code Connection: close}, and
 * what a client sends after its first request is discarded.
 */
final class DelayServer implements Server.Protocol {
  private static final byte[] FILLER = new byte[100_000];

  static {
    Arrays.fill(FILLER, (byte) '.');
  }

  private final boolean append;
  private final Consumer<String> log;

  /**
   * A delay server.
   *
   * @param append whether bodies get {@link #filler} appended
   * @param log receives a line a request, as it arrives
   */
  DelayServer(boolean append, Consumer<String> log) {
    this.append = append;
    this.log = log;
  }

  /** What is appended on demand, so that a reader meets "not ready" in the middle of a body. */
  static byte[] filler() {
    return FILLER.clone();
  }

  @Override
  public ServerConnection open(Server server, TcpStream stream) {
    return new DelayConnection(server, stream, this);
  }

  /** Takes note of a request. */
  void requested(Server server, DelayRequestLine request) {
    long number = ++server.counts.requests;
    log.accept(
        "#%d - %dms: %s"
            .formatted(number, request.millis(), Output.printable(request.message())));
  }

  byte[] tail() {
    return append ? FILLER : new byte[0];
  }
}
