package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.RawSource;
import java.io.IOException;

/**
 * Two connected Unix stream sockets without a name, as raw sources.
 *
 * @param one one end
 * @param other the other end
 */
public record RawPair(RawSource one, RawSource other) implements AutoCloseable {
  private static final int TAKEN = -1;

  /** Makes the pair. */
  public static RawPair open(Kernel kernel) throws IOException {
    int[] ends = new int[2];
    int result = kernel.sockets().pair(Sockets.Type.STREAM, ends);
    if (result < 0) {
      throw new SystemCallException("socketpair", "AF_UNIX", result, kernel);
    }
    try {
      RawSource one = RawSource.own(kernel, ends[0]);
      ends[0] = TAKEN;
      try {
        return new RawPair(one, RawSource.own(kernel, ends[1]));
      } catch (IOException e) {
        one.close();
        throw e;
      }
    } catch (IOException e) {
      for (int end : ends) {
        if (end != TAKEN) {
          kernel.files().close(end);
        }
      }
      throw e;
    }
  }

  @Override
  public void close() {
    one.close();
    other.close();
  }
}
