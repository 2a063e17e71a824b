package dev.selkie.conformance;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Io;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Moving bytes in a test. */
public final class Bytes {
  private static final int CHUNK = 1 << 14;

  private Bytes() {}

  /** Writes so many bytes, all of which must be taken at once. */
  public static void send(ByteOutput output, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    while (buffer.hasRemaining()) {
      if (output.write(buffer) < 0) {
        throw new AssertionError(output + " does not take " + buffer.remaining() + " bytes");
      }
    }
  }

  /** Writes until the output takes no more, and returns how many bytes it took. */
  public static long fill(ByteOutput output) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
    long sum = 0;
    while (true) {
      int n = output.write(buffer.clear());
      if (n == Io.NOT_READY) {
        return sum;
      }
      sum += n;
    }
  }

  /** Reads until the input is not ready or at its end, and returns how many bytes came. */
  public static long drain(ByteInput input) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
    long sum = 0;
    while (true) {
      int n = input.read(buffer.clear());
      if (n < 0) {
        return sum;
      }
      sum += n;
    }
  }

  /** One read of at most so many bytes: a count, or a negative result of {@link Io}. */
  public static int read(ByteInput input, int limit) throws IOException {
    return input.read(ByteBuffer.allocate(limit));
  }
}
