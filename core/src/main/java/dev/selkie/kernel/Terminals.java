package dev.selkie.kernel;

/** Terminals and pseudoterminals, termios(3), pty(7). */
public interface Terminals {
  /** How many bytes of {@link #attributes} a kernel needs at most. */
  int ATTRIBUTES_BYTES = 128;

  /**
   * Makes a pseudoterminal, both ends non-blocking and close-on-exec, and controlling nobody;
   * posix_openpt(3), grantpt(3), unlockpt(3).
   *
   * @param ends receives the master at index 0 and the slave at index 1
   */
  default int open(int[] ends) {
    return Result.ENOSYS;
  }

  /**
   * The path of the terminal that a slave or a master belongs to, ptsname(3), ttyname(3).
   *
   * @param path receives the bytes
   * @return the count of bytes; ENOTTY for no terminal
   */
  default int path(int descriptor, byte[] path) {
    return Result.ENOSYS;
  }

  /**
   * The terminal's attributes, tcgetattr(3), to be given back to {@link #setAttributes} and {@link
   * #setRaw} only.
   *
   * @return the count of bytes; ENOTTY for no terminal
   */
  default int attributes(int descriptor, byte[] attributes) {
    return Result.ENOSYS;
  }

  /** Sets what {@link #attributes} gave, at once, tcsetattr(3) with TCSANOW. */
  default int setAttributes(int descriptor, byte[] attributes) {
    return Result.ENOSYS;
  }

  /**
   * Sets raw mode: input by byte and unchanged, without echo, cfmakeraw(3).
   *
   * @param attributes what the mode is derived from
   * @param keepSignals whether the keys that send signals (INTR, QUIT, SUSP) still do
   * @param keepOutput whether output is still processed: a newline returns the carriage too
   */
  default int setRaw(int descriptor, byte[] attributes, boolean keepSignals, boolean keepOutput) {
    return Result.ENOSYS;
  }

  /**
   * The window's size, TIOCGWINSZ.
   *
   * @return rows times 65536 plus columns; ENOTTY for no terminal
   */
  default long windowSize(int descriptor) {
    return Result.ENOSYS;
  }

  /** Sets the window's size, TIOCSWINSZ; the foreground group of the terminal is sent WINCH. */
  default int setWindowSize(int descriptor, int rows, int columns) {
    return Result.ENOSYS;
  }
}
