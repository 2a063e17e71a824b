package dev.selkie.cli.program;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Turns the bytes of one HTTP message into its parts. */
final class Decoder {
  private final EmbeddedChannel channel;
  private final IntSupplier leftover;
  private boolean whole;

  private Decoder(ByteToMessageDecoder decoder, IntSupplier leftover) {
    this.channel = new EmbeddedChannel(decoder);
    this.leftover = leftover;
  }

  /** Takes bytes. */
  void add(ByteBuffer bytes) {
    channel.writeInbound(Unpooled.copiedBuffer(bytes));
  }

  /** Takes the end of file, which may be the end of the message. */
  void end() {
    channel.finish();
  }

  /** The next part, to be released by the caller, or null if more bytes are needed. */
  @Nullable HttpObject next() {
    HttpObject part = channel.readInbound();
    if (part != null) {
      whole = part instanceof LastHttpContent && part.decoderResult().isSuccess();
    }
    return part;
  }

  /** Whether a message has ended and nothing came after it, so that another one may begin. */
  private boolean isReady() {
    return whole
        && channel.isOpen()
        && channel.inboundMessages().isEmpty()
        && leftover.getAsInt() == 0;
  }

  private void release() {
    for (Object part = channel.readInbound(); part != null; part = channel.readInbound()) {
      whole = part instanceof LastHttpContent last && last.decoderResult().isSuccess();
      ReferenceCountUtil.release(part);
    }
  }

  /**
   * Decoders that are used again, for all threads: to make one costs more than to decode a message.
   */
  static final class Pool {
    private static final int MOST = 64;

    private final Queue<Decoder> idle = new ArrayBlockingQueue<>(MOST);
    private final Supplier<Decoder> make;

    private Pool(Supplier<Decoder> make) {
      this.make = make;
    }

    /** A pool of decoders of requests. */
    static Pool ofRequests() {
      return new Pool(() -> {
        Requests requests = new Requests();
        return new Decoder(requests, requests::leftover);
      });
    }

    /** A pool of decoders of responses. */
    static Pool ofResponses() {
      return new Pool(() -> {
        Responses responses = new Responses();
        return new Decoder(responses, responses::leftover);
      });
    }

    /** A decoder for one message. */
    Decoder take() {
      Decoder decoder = idle.poll();
      return decoder == null ? make.get() : decoder;
    }

    /** Takes a decoder back, wherever in a message it is. */
    void giveBack(Decoder decoder) {
      decoder.release();
      boolean ready = decoder.isReady();
      decoder.whole = false;
      if (!ready || !idle.offer(decoder)) {
        decoder.channel.finishAndReleaseAll();
      }
    }
  }

  private static final class Requests extends HttpRequestDecoder {
    int leftover() {
      return actualReadableBytes();
    }
  }

  private static final class Responses extends HttpResponseDecoder {
    int leftover() {
      return actualReadableBytes();
    }
  }
}
