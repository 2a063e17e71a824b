package dev.selkie.source;

import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.Objects;

/**
 * A terminal without a device, pty(7): what is written to the master is what a user types at the
 * slave, and what a program writes to the slave is read from the master.
 *
 * <p>To close the master hangs the slave up. Once the last descriptor of the slave is closed, reads
 * of the master are at the end.
 *
 * @param master the end of who plays the user: a terminal emulator, an SSH server, a test
 * @param slave the end of the program, which is a terminal as any other
 */
public record PseudoTerminal(Terminal master, Terminal slave) implements AutoCloseable {
  /** A pair of two ends. */
  public PseudoTerminal {
    Objects.requireNonNull(master, "master");
    Objects.requireNonNull(slave, "slave");
  }

  /** Makes a pseudoterminal of the current kernel. */
  public static PseudoTerminal open() throws IOException {
    return open(Kernel.current());
  }

  /**
   * Makes a pseudoterminal, both ends non-blocking and close-on-exec, posix_openpt(3). It begins as
   * terminals do: by lines and with echo, and with a window of no size. It becomes nobody's
   * controlling terminal.
   *
   * @throws SystemCallException if the system refuses, such as EMFILE, or ENOSPC if it has no more
   */
  public static PseudoTerminal open(Kernel kernel) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    int[] ends = new int[2];
    int result = kernel.terminals().open(ends);
    if (result < 0) {
      throw new SystemCallException("posix_openpt", "terminal", result, kernel);
    }
    return new PseudoTerminal(Terminal.owner(kernel, ends[0]), Terminal.owner(kernel, ends[1]));
  }

  /** Closes both ends. */
  @Override
  public void close() {
    slave.close();
    master.close();
  }
}
