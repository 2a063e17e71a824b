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

  private static final int CONTINUATION_MASK = 0xc0;
  private static final int CONTINUATION = 0x80;

  /** Those of a character after its first. */
  private static final int MOST_BYTES = 3;

  private final ByteInput input;

  /** A byte more, so that the rest of a line that is told in pieces is never empty. */
  private final byte[] bytes = new byte[LONGEST + 1];

  private final ByteBuffer buffer = ByteBuffer.wrap(bytes);

  /** What the buffer has from here to its position was not told yet. */
  private int start;

  /** Up to here it has no end of a line. */
  private int searched;

  private boolean ended;
  private boolean partial;

  LineReader(ByteInput input) {
    this.input = input;
  }

  /** The next line, or piece of one, without its end; null if none is there yet, or left. */
  @Nullable String next() throws IOException {
    while (true) {
      for (; searched < buffer.position(); searched++) {
        if (bytes[searched] == '\n') {
          partial = false;
          return take(searched, searched + 1);
        }
      }
      if (start == 0 && !buffer.hasRemaining()) {
        partial = true;
        int end = character(LONGEST);
        return take(end, end);
      }
      if (ended) {
        partial = false;
        return start < searched ? take(searched, searched) : null;
      }
      makeRoom();
      int count = input.read(buffer);
      if (count == Io.NOT_READY) {
        return null;
      }
      ended = count == Io.END;
    }
  }

  /**
   * Adds the line that was taken last to what is told of it, and whether it goes on in the next.
   */
  Happening tell(Happening happening, String line) {
    if (partial) {
      happening.with("partial", true);
    }
    return happening.with("text", line);
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

  /** The last place up to there at which no character of UTF-8 is taken apart. */
  private int character(int most) {
    int end = most;
    while (end > most - MOST_BYTES && (bytes[end] & CONTINUATION_MASK) == CONTINUATION) {
      end--;
    }
    return end;
  }

  private void makeRoom() {
    System.arraycopy(bytes, start, bytes, 0, buffer.position() - start);
    buffer.position(buffer.position() - start);
    searched -= start;
    start = 0;
  }
}
