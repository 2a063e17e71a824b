package dev.selkie.cli.watch;

import dev.selkie.ByteInput;
import dev.selkie.Io;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Takes lines of UTF-8 from a source of bytes as they come. */
final class LineReader {
  /** A longer line is told in pieces. */
  static final int LONGEST = 1 << 16;

  private final ByteInput input;
  private final byte[] bytes = new byte[LONGEST];
  private final ByteBuffer buffer = ByteBuffer.wrap(bytes);

  /** What the buffer has from here to its position was not told yet. */
  private int start;

  /** Up to here it has no end of a line. */
  private int searched;

  private boolean ended;

  LineReader(ByteInput input) {
    this.input = input;
  }

  /** The next line without its end; null if none is whole yet, or none is left. */
  @Nullable String next() throws IOException {
    while (true) {
      for (; searched < buffer.position(); searched++) {
        if (bytes[searched] == '\n') {
          return take(searched, searched + 1);
        }
      }
      boolean full = start == 0 && !buffer.hasRemaining();
      if (full || (ended && start < searched)) {
        return take(searched, searched);
      }
      if (ended) {
        return null;
      }
      makeRoom();
      int count = input.read(buffer);
      if (count == Io.NOT_READY) {
        return null;
      }
      ended = count == Io.END;
    }
  }

  /** Whether the source has ended and all its lines were taken. */
  boolean isOver() {
    return ended && start == buffer.position();
  }

  private String take(int end, int next) {
    boolean carriageReturn = next > end && end > start && bytes[end - 1] == '\r';
    int length = end - start - (carriageReturn ? 1 : 0);
    String line = new String(bytes, start, length, StandardCharsets.UTF_8);
    start = next;
    searched = next;
    return line;
  }

  private void makeRoom() {
    System.arraycopy(bytes, start, bytes, 0, buffer.position() - start);
    buffer.position(buffer.position() - start);
    searched -= start;
    start = 0;
  }
}
