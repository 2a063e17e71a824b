package dev.selkie.runtime.task;

import dev.selkie.Io;
import dev.selkie.runtime.Output;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The writing of all of a buffer. */
final class Writing extends Once<@Nullable Void> {
  private final Output output;
  private final ByteBuffer source;

  Writing(Output output, ByteBuffer source) {
    this.output = output;
    this.source = source;
  }

  @Override
  Poll<@Nullable Void> advance(Waker waker) throws IOException {
    while (source.hasRemaining()) {
      if (output.pollWrite(source, waker) == Io.NOT_READY) {
        return Poll.pending();
      }
    }
    return Poll.ready(null);
  }

  @Override
  void abandon() {}
}
