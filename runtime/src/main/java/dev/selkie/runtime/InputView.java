package dev.selkie.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** An input as a stream. */
final class InputView extends InputStream {
  private final Input input;

  InputView(Input input) {
    this.input = input;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    return length == 0 ? 0 : input.read(ByteBuffer.wrap(target, offset, length));
  }

  @Override
  public int available() throws IOException {
    return input.available();
  }

  @Override
  public long transferTo(OutputStream target) throws IOException {
    return target instanceof OutputView view
        ? input.transferTo(view.output)
        : super.transferTo(target);
  }

  @Override
  public void close() {
    input.close();
  }

  @Override
  public String toString() {
    return "stream of " + input;
  }
}
