package dev.selkie.cli;

import dev.selkie.cli.console.Output;
import dev.selkie.net.TcpStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
  /** Makes a reader meet "not ready" in the middle of a body. */
  private static final byte[] FILLER = new byte[100_000];

  static {
    Arrays.fill(FILLER, (byte) '.');
  }

  final Decoder.Pool decoders = Decoder.Pool.ofRequests();
  private final boolean append;
  private final Consumer<String> log;

  /**
   * A delay server.
   *
   * @param append whether bodies get 100,000 bytes appended
   * @param log receives a line a request, as it arrives
   */
  DelayServer(boolean append, Consumer<String> log) {
    this.append = append;
    this.log = log;
  }

  /** How many bytes are appended on demand. */
  static int fillerLength() {
    return FILLER.length;
  }

  /** Whether a part of an array is what is appended on demand. */
  static boolean isFiller(byte[] bytes, int from, int to) {
    return Arrays.equals(bytes, from, to, FILLER, 0, FILLER.length);
  }

  /** Uses the code of a request once: its first use costs the JVM tenths of a second. */
  static void prepare() {
    Decoder.Pool pool = Decoder.Pool.ofRequests();
    Decoder decoder = pool.take();
    decoder.add(ByteBuffer.wrap("GET /0/%20 HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
    pool.giveBack(decoder);
    DelayRequestLine.parse("/0/%20");
  }

  @Override
  public ServerConnection open(Server server, TcpStream stream) {
    return new DelayConnection(server, stream, this);
  }

  /** Takes note of a request. */
  void requested(Server server, DelayRequestLine request) {
    long number = ++server.counts.requests;
    log.accept(
        "#%d - %dms: %s".formatted(number, request.millis(), Output.printable(request.message())));
  }

  byte[] tail() {
    return append ? FILLER : new byte[0];
  }
}
