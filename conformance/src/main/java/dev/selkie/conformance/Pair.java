package dev.selkie.conformance;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;

/**
 * Two connected ends: what the writer writes, the reader reads, and the other way round where the
 * kind is duplex.
 *
 * @param kind what they are
 * @param reader the end that a test reads
 * @param writer the end that a test writes
 */
public record Pair(PairKind kind, ByteInput reader, ByteOutput writer) implements AutoCloseable {
  /** The reader as the output that it is, too, if the kind is duplex. */
  public ByteOutput backward() {
    return (ByteOutput) reader;
  }

  /** The writer as the input that it is, too, if the kind is duplex. */
  public ByteInput answers() {
    return (ByteInput) writer;
  }

  /** Ends what the writer sends: a half-close, or the close of a pipe's writer. */
  public void endSending() throws IOException {
    endSending(writer);
  }

  /** Ends what an end sends. */
  public void endSending(ByteOutput end) throws IOException {
    if (!kind.isDuplex()) {
      end.close();
      return;
    }
    Kernel kernel = end.descriptor().kernel();
    int result = kernel.sockets().shutdown(end.descriptor().number(), Sockets.Direction.OUTPUT);
    if (result < 0) {
      throw new SystemCallException("shutdown", end, result, kernel);
    }
  }

  @Override
  public void close() {
    writer.close();
    reader.close();
  }
}
