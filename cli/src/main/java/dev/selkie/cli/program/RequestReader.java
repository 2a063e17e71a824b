package dev.selkie.cli.program;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Takes the bytes of one request to a delay server and says what to answer. */
public final class RequestReader implements AutoCloseable {
  private final DelayProtocol protocol;
  private @Nullable Decoder decoder;

  RequestReader(DelayProtocol protocol) {
    this.protocol = protocol;
  }

  /** Takes bytes; the answer, or null while the request is not whole. */
  public @Nullable Answer add(ByteBuffer bytes) {
    protocol.counts.bytesIn.add(bytes.remaining());
    Decoder current = decoder;
    if (current == null) {
      current = protocol.decoders.take();
      decoder = current;
    }
    current.add(bytes);
    return current.next() instanceof HttpRequest request ? answer(request) : null;
  }

  /** Takes the end of file; nothing is answered who says nothing, as port scanners do. */
  public Answer end() {
    return decoder == null
        ? new Answer(Duration.ZERO, ByteBuffer.allocate(0))
        : refusal(HttpResponseStatus.BAD_REQUEST, "the request ends in the middle");
  }

  /** The answer to a client that has not sent its request in time. */
  public Answer late() {
    return refusal(
        HttpResponseStatus.REQUEST_TIMEOUT,
        "no request in %d seconds".formatted(DelayProtocol.REQUEST.toSeconds()));
  }

  private Answer answer(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return refusal(
          HttpResponseStatus.BAD_REQUEST,
          "not an HTTP request: " + request.decoderResult().cause().getMessage());
    }
    if (!request.method().equals(HttpMethod.GET)) {
      return refusal(HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET is known here");
    }
    DelayRequestLine line;
    try {
      line = DelayRequestLine.parse(request.uri());
    } catch (IllegalArgumentException e) {
      return refusal(HttpResponseStatus.BAD_REQUEST, "the path is not well encoded");
    }
    if (line == null) {
      return refusal(
          HttpResponseStatus.NOT_FOUND,
          "ask for /{delay in ms, up to %d}/{message}".formatted(DelayRequestLine.MAX_MILLIS));
    }
    protocol.requested(line);
    byte[] body = line.message().getBytes(StandardCharsets.UTF_8);
    return new Answer(
        Duration.ofMillis(line.millis()), bytes(HttpResponseStatus.OK, body, protocol.tail()));
  }

  private Answer refusal(HttpResponseStatus status, String reason) {
    protocol.counts.refused.increment();
    byte[] body = (reason + "\n").getBytes(StandardCharsets.UTF_8);
    return new Answer(Duration.ZERO, bytes(status, body, new byte[0]));
  }

  private static ByteBuffer bytes(HttpResponseStatus status, byte[] body, byte[] tail) {
    byte[] head =
        """
        HTTP/1.1 %s\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Length: %d\r
        %sConnection: close\r
        \r
        """
            .formatted(
                status,
                body.length + tail.length,
                status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED) ? "Allow: GET\r\n" : "")
            .getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(head.length + body.length + tail.length)
        .put(head)
        .put(body)
        .put(tail)
        .flip();
  }

  /** Lets go of buffers. */
  @Override
  public void close() {
    if (decoder != null) {
      protocol.decoders.giveBack(decoder);
      decoder = null;
    }
  }
}
