package dev.selkie.cli.console;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.RawSource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The process's standard output, unbuffered. Unlike {@link System#out} it does not swallow what
 * goes wrong; and it tells a pipe that nobody reads, which is no error of anybody's, from a full
 * disk, which is one.
 */
final class StandardOutput extends OutputStream {
  private static final int NUMBER = 1;

  private final FileOutputStream stream = new FileOutputStream(FileDescriptor.out);

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  /**
   * Writes bytes, all of them.
   *
   * @throws ClosedOutputException if nobody reads them
   */
  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      stream.write(bytes, offset, length);
    } catch (IOException e) {
      throw isUnread(Kernel.current(), NUMBER) ? new ClosedOutputException() : e;
    }
  }

  /**
   * Whether a descriptor's other end is gone: that of a pipe, a socket or a terminal. The JDK keeps
   * the errno of a failed write to itself and words it in the language of the locale, so a queue is
   * asked; what cannot be asked is taken for read.
   */
  static boolean isUnread(Kernel kernel, int number) {
    try (EventQueue<String> queue = EventQueue.open(kernel);
        RawSource output = RawSource.borrow(kernel, number)) {
      queue.register(output, Interest.WRITABLE, "output");
      for (Event<String> event : queue.poll()) {
        return event.isWriteClosed() || event.isError();
      }
    } catch (IOException | RuntimeException | LinkageError e) {
      // Without native access or a free descriptor the failure is told as it came.
    }
    return false;
  }
}
