package dev.selkie.cli.program;

import dev.selkie.cli.console.Output;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Takes the bytes of an answer and compares it with what a delay server has to say. */
final class AnswerReader {
  private final Decoder.Pool decoders;
  private final String expected;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream(64);
  private @Nullable Decoder decoder;
  private boolean begun;
  private boolean complete;
  private @Nullable String problem;

  /** A reader of an answer that must consist of a text, and may have the server's filler after. */
  AnswerReader(Decoder.Pool decoders, String expected) {
    this.decoders = decoders;
    this.expected = expected;
  }

  /** Takes bytes. */
  void add(ByteBuffer bytes) {
    Decoder current = decoder;
    if (current == null) {
      current = decoders.take();
      decoder = current;
    }
    current.add(bytes);
    drain(current);
  }

  /** Takes the end of file. */
  void end() {
    if (decoder != null && !complete) {
      decoder.end(); // a body without a length ends with the stream
      drain(decoder);
    }
    if (!complete) {
      note(
          begun
              ? "the answer ends in the middle, after %d bytes of its body".formatted(body.size())
              : "the connection was closed without an answer");
    }
  }

  /** Whether the answer is whole and right. */
  boolean isComplete() {
    return complete && problem == null;
  }

  /** What is wrong with the answer, or null. */
  @Nullable String problem() {
    return problem;
  }

  /** The message of the answer, without filler. */
  String text() {
    return expected;
  }

  /** Lets go of buffers. */
  void close() {
    if (decoder != null) {
      decoders.giveBack(decoder);
      decoder = null;
    }
  }

  private void drain(Decoder decoder) {
    for (HttpObject part = decoder.next(); part != null; part = decoder.next()) {
      try {
        take(part);
      } finally {
        ReferenceCountUtil.release(part);
      }
    }
  }

  private void take(HttpObject part) {
    if (problem != null) {
      return;
    }
    if (part.decoderResult().isFailure()) {
      note("the answer is not well-formed HTTP: " + reason(part.decoderResult().cause()));
      return;
    }
    if (complete) {
      note("the answer is followed by more");
      return;
    }
    if (part instanceof HttpResponse response) {
      begun = true;
      if (!response.status().equals(HttpResponseStatus.OK)) {
        note(
            "the answer has status %s, not 200"
                .formatted(Output.printable(response.status() + "")));
      }
    }
    if (part instanceof HttpContent content) {
      try {
        content.content().readBytes(body, content.content().readableBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e); // a byte array takes every byte
      }
      if (body.size() > expected.length() + DelayProtocol.fillerLength()) {
        note("the answer is longer than what was asked for");
      } else if (part instanceof LastHttpContent) {
        compare();
      }
    }
  }

  private void compare() {
    byte[] wanted = expected.getBytes(StandardCharsets.UTF_8);
    byte[] got = body.toByteArray();
    int length = wanted.length;
    if (Arrays.equals(wanted, got)
        || (got.length > length
            && Arrays.equals(wanted, 0, length, got, 0, length)
            && DelayProtocol.isFiller(got, length, got.length))) {
      complete = true;
    } else {
      note(
          "the answer says \"%s\", not \"%s\""
              .formatted(shortened(new String(got, StandardCharsets.UTF_8)), expected));
    }
  }

  private void note(String what) {
    if (problem == null) {
      problem = what;
    }
  }

  private static String shortened(String text) {
    String shown = Output.printable(text);
    return shown.length() > 40 ? shown.substring(0, 40) + "..." : shown;
  }

  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    return shortened(message == null ? cause.getClass().getSimpleName() : message);
  }
}
