package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Result;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pseudoterminal and its line discipline, pty(7), termios(4): lines or keys, echo, the characters
 * ERASE, EOF and INTR. It controls nobody, so that it sends no signals. Guarded by the network's
 * lock.
 */
final class TerminalLine {
  /** The attributes: lines, echo, signals of keys, a return is a newline, newlines return. */
  static final int ICANON = 1;

  static final int ECHO = 2;
  static final int ISIG = 4;
  static final int ICRNL = 8;
  static final int OPOST = 16;
  private static final int SANE = ICANON | ECHO | ISIG | ICRNL | OPOST;

  /** What an input queue holds, N_TTY_BUF_SIZE. */
  private static final int MOST = 4096;

  private static final int INTR = 3;
  private static final int EOF = 4;
  private static final int ERASE = 0x7f;

  final SimulatedKernel kernel;
  final String path;
  private final TerminalEnd master;
  private final List<TerminalEnd> slaves = new ArrayList<>(1);

  /** Lines that are complete, less what was read of the first; an empty one is an end of file. */
  private final Deque<byte[]> lines = new ArrayDeque<>();

  /** What was typed since. */
  private final ByteArrayOutputStream typed = new ByteArrayOutputStream();

  private final PipeBuffer output = new PipeBuffer();
  private boolean hungUp;
  int attributes = SANE;
  int rows;
  int columns;

  TerminalLine(SimulatedKernel kernel, String path) {
    this.kernel = kernel;
    this.path = path;
    this.master = new TerminalEnd(this, true);
  }

  TerminalEnd master() {
    return master;
  }

  /** Another open file of the slave; null once the master is closed. */
  @Nullable TerminalEnd openSlave() {
    if (hungUp) {
      return null;
    }
    TerminalEnd slave = new TerminalEnd(this, false);
    slaves.add(slave);
    return slave;
  }

  boolean isHungUp() {
    return hungUp;
  }

  boolean hasSlave() {
    return !slaves.isEmpty();
  }

  private boolean has(int attribute) {
    return (attributes & attribute) != 0;
  }

  /** Another mode: what was typed is there at once, or is a line. */
  void setAttributes(int set) {
    attributes = set;
    if (typed.size() > 0) {
      endLine();
    }
    slaves.forEach(OpenFile::changed);
  }

  // The slave's side

  boolean hasInput() {
    return !lines.isEmpty();
  }

  /** An end of file counts as one byte, as where it is kept with its character. */
  int inputSize() {
    return lines.stream().mapToInt(line -> Math.max(line.length, 1)).sum();
  }

  long read(Transfer target) {
    if (hungUp || target.remaining() == 0) {
      return 0;
    }
    if (lines.isEmpty()) {
      return Result.EAGAIN;
    }
    long before = target.remaining();
    do {
      byte[] line = lines.remove();
      int n = Math.min(line.length, target.remaining());
      target.put(line, 0, n);
      if (n < line.length) {
        lines.addFirst(Arrays.copyOfRange(line, n, line.length));
      }
    } while (!has(ICANON) && !lines.isEmpty() && target.remaining() > 0);
    master.arrived(Epoll.OUT);
    return before - target.remaining();
  }

  int outputRoom() {
    return output.room() / 2; // of newlines only
  }

  long write(Transfer source) {
    if (hungUp) {
      return Codes.EIO;
    }
    int n = Math.min(source.remaining(), outputRoom());
    if (n == 0) {
      return source.remaining() == 0 ? 0 : Result.EAGAIN;
    }
    byte[] bytes = new byte[n];
    source.get(bytes, 0, n);
    for (byte one : bytes) {
      show(one);
    }
    master.arrived(Epoll.IN);
    return n;
  }

  /** A character of output, or of echo, for which there may be no room. */
  private void show(int character) {
    byte[] shown =
        character == '\n' && has(OPOST) ? new byte[] {'\r', '\n'} : new byte[] {(byte) character};
    output.write(new Transfer().of(shown, 0, shown.length));
  }

  // The master's side

  int outputSize() {
    return output.size();
  }

  long take(Transfer target) {
    if (target.remaining() == 0) {
      return 0;
    }
    if (!output.isEmpty()) {
      int n = output.read(target);
      for (TerminalEnd slave : slaves) {
        slave.arrived(Epoll.OUT);
      }
      return n;
    }
    if (hasSlave()) {
      return Result.EAGAIN;
    }
    return kernel.system().isLinux() ? Codes.EIO : 0;
  }

  int inputRoom() {
    // A line that is too long is cut, or nobody could end it.
    return has(ICANON) && lines.isEmpty() ? MOST : Math.max(MOST - inputSize() - typed.size(), 0);
  }

  long type(Transfer source) {
    int n = Math.min(source.remaining(), inputRoom());
    if (n == 0) {
      return source.remaining() == 0 ? 0 : Result.EAGAIN;
    }
    byte[] bytes = new byte[n];
    source.get(bytes, 0, n);
    int shown = output.size();
    for (byte one : bytes) {
      type(one == '\r' && has(ICRNL) ? '\n' : one);
    }
    if (!has(ICANON) && typed.size() > 0) {
      endLine();
    }
    if (!lines.isEmpty()) {
      for (TerminalEnd slave : slaves) {
        slave.arrived(Epoll.IN);
      }
    }
    if (output.size() > shown) {
      master.arrived(Epoll.IN);
    }
    return n;
  }

  private void type(int character) {
    if (character == INTR && has(ISIG)) {
      lines.clear();
      typed.reset();
      echo('^');
      echo('C');
    } else if (has(ICANON) && character == EOF) {
      endLine();
    } else if (has(ICANON) && character == ERASE) {
      erase();
    } else if (!has(ICANON) || character == '\n' || typed.size() < MOST - 1) {
      typed.write(character);
      echo(character);
      if (has(ICANON) && character == '\n') {
        endLine();
      }
    }
  }

  private void erase() {
    byte[] before = typed.toByteArray();
    if (before.length > 0) {
      typed.reset();
      typed.write(before, 0, before.length - 1);
      echo('\b');
      echo(' ');
      echo('\b');
    }
  }

  private void echo(int character) {
    if (has(ECHO)) {
      show(character);
    }
  }

  private void endLine() {
    lines.add(typed.toByteArray());
    typed.reset();
  }

  /** An end is closed: the last slave's the master sees, and the master's hangs the slaves up. */
  void closed(TerminalEnd end) {
    if (!end.isMaster) {
      slaves.remove(end);
      if (slaves.isEmpty()) {
        master.changed();
      }
      return;
    }
    hungUp = true;
    lines.clear();
    typed.reset();
    var _ = kernel.fileTree().unlink(path);
    slaves.forEach(OpenFile::changed);
  }
}
