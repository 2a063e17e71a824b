package dev.selkie.runtime.task;

import dev.selkie.Io;
import dev.selkie.runtime.Output;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The writing of all of a buffer. */
record Writing(Output output, ByteBuffer source) implements Task<@Nullable Void> {
  @Override
  public Poll<@Nullable Void> poll(Waker waker) throws IOException {
    while (source.hasRemaining()) {
      if (output.pollWrite(source, waker) == Io.NOT_READY) {
        return Poll.pending();
      }
    }
    return Poll.ready(null);
  }
}
