package dev.selkie.runtime;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** An output as a stream. */
final class OutputView extends OutputStream {
  final Output output;

  OutputView(Output output) {
    this.output = output;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(source, offset, length);
    try {
      output.writeFully(bytes);
    } catch (InterruptedIOException e) {
      e.bytesTransferred = bytes.position() - offset;
      throw e;
    }
  }

  @Override
  public void close() {
    output.close();
  }

  @Override
  public String toString() {
    return "stream to " + output;
  }
}
