package dev.selkie.cli.program;

import dev.selkie.cli.console.Output;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The protocol of the delay server: {@code GET /{milliseconds}/{message}} is answered with the
 * message, decoded, after the delay. Any number of requests wait at once.
 *
 * <p>It is HTTP/1.1 with one request a connection: each answer says {@code Connection: close}, and
 * what a client sends after its first request is discarded.
 *
 * <p>Closing a socket with unread bytes makes TCP send a reset, which may overtake the answer. So
 * after the answer a server ends its sending side, and discards what the client still sends until
 * its end of file, for a limited time (RFC 9112, 9.6).
 */
public final class DelayProtocol {
  /** How long a request may take to come. */
  public static final Duration REQUEST = Duration.ofSeconds(30);

  /** How long an answer may take to be sent. */
  public static final Duration ANSWER = Duration.ofSeconds(30);

  /** How long a client may take to close after its answer. */
  public static final Duration LINGER = Duration.ofSeconds(2);

  /** Of a buffer to read a request with. */
  public static final int BUFFER_BYTES = 4096;

  /** Makes a reader meet "not ready" in the middle of a body. */
  private static final byte[] FILLER = new byte[100_000];

  static {
    Arrays.fill(FILLER, (byte) '.');
  }

  final Decoder.Pool decoders = Decoder.Pool.ofRequests();
  final ServerCounts counts;
  private final boolean append;
  private final Consumer<String> log;

  /**
   * A protocol.
   *
   * @param counts takes requests and refusals
   * @param append whether bodies get 100,000 bytes appended
   * @param log receives a line a request, as it arrives
   */
  public DelayProtocol(ServerCounts counts, boolean append, Consumer<String> log) {
    this.counts = counts;
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
  public static void prepare() {
    Decoder.Pool pool = Decoder.Pool.ofRequests();
    Decoder decoder = pool.take();
    decoder.add(ByteBuffer.wrap("GET /0/%20 HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
    pool.giveBack(decoder);
    DelayRequestLine.parse("/0/%20");
  }

  /** What takes the request of a connection. */
  public RequestReader reader() {
    return new RequestReader(this);
  }

  /** Takes note of a request; those of several threads are told one after another. */
  synchronized void requested(DelayRequestLine request) {
    counts.requests.increment();
    log.accept(
        "#%d - %dms: %s"
            .formatted(
                counts.requests.sum(), request.millis(), Output.printable(request.message())));
  }

  byte[] tail() {
    return append ? FILLER : new byte[0];
  }
}
