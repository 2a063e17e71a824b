package dev.selkie.runtime.flow;

import dev.selkie.Io;
import dev.selkie.runtime.Input;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What comes in as the items of a publisher. */
final class Reading implements Unicast.Items<ByteBuffer> {
  private final Input input;
  private final int bytes;
  private ByteBuffer buffer;

  Reading(Input input, int bytes) {
    this.input = input;
    this.bytes = bytes;
    this.buffer = ByteBuffer.allocate(bytes);
  }

  @Override
  public Unicast.Found next(Waker waker) throws IOException {
    return switch (input.pollRead(buffer, waker)) {
      case Io.NOT_READY -> Unicast.Found.NOTHING;
      case Io.END -> Unicast.Found.END;
      default -> Unicast.Found.ITEM;
    };
  }

  @Override
  public ByteBuffer take() {
    ByteBuffer full = buffer.flip();
    buffer = ByteBuffer.allocate(bytes);
    return full;
  }

  @Override
  public void forget(Waker waker) {
    input.forget(waker);
  }
}
