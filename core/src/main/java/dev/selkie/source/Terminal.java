package dev.selkie.source;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.Terminals;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * A terminal, or an end of a {@link PseudoTerminal}, termios(4), pty(7).
 *
 * <p><b>Lines and keys.</b> A terminal gives a line at a time, once it is complete, and each read
 * gives one line at most; {@link #enterRawMode} has it give each key.
 *
 * <p><b>O_NONBLOCK</b> belongs to the open file, which a terminal's descriptors share with the
 * shell and all its programs. So {@link #of} leaves it alone, asks the system before each read and
 * write whether it would wait, and writes a line in several pieces. Should somebody else take in
 * that moment what there was to read, or the room (the echo of keys does), then the call waits, if
 * the mode lets it. {@link #open} opens the terminal once more, for this program alone: it never
 * waits, and takes much at once.
 *
 * <p><b>The end.</b> A read is at the end if the line was ended by VEOF (Ctrl-D) alone, after which
 * it may go on, and if the terminal was hung up, after which every write fails with EIO.
 *
 * <p>A program in the background is stopped by the system when it reads or changes its terminal,
 * SIGTTIN and SIGTTOU.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread.
 */
public final class Terminal implements ByteInput, ByteOutput {
  private static final int PATH_BYTES = 1024;
  private static final Charset PATHS =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

  /** What raw mode leaves as it is. */
  public enum Keep {
    /** The keys that send signals still do: INTR (Ctrl-C), QUIT, SUSP. */
    SIGNALS,
    /** Output is still processed: a newline returns the carriage too. */
    OUTPUT
  }

  private final SharedFile file;

  private Terminal(SharedFile file) {
    this.file = file;
  }

  /** The owner of a descriptor that is non-blocking already. */
  static Terminal owner(Kernel kernel, int number) {
    return new Terminal(SharedFile.owned(kernel, number, "Terminal"));
  }

  /** Whether a descriptor of the current kernel is a terminal's, isatty(3). */
  public static boolean isTerminal(int number) {
    return isTerminal(Kernel.current(), number);
  }

  /** Whether a descriptor is a terminal's, isatty(3); not if it is not open. */
  public static boolean isTerminal(Kernel kernel, int number) {
    Objects.requireNonNull(kernel, "kernel");
    return kernel.terminals().attributes(number, new byte[Terminals.ATTRIBUTES_BYTES]) >= 0;
  }

  /** Uses a terminal by a descriptor of the current kernel; see {@link #of(Kernel, int)}. */
  public static Terminal of(int number) throws IOException {
    return of(Kernel.current(), number);
  }

  /**
   * Uses a terminal by a descriptor that somebody else owns, such as 0, 1 and 2: {@link #close}
   * leaves it open.
   *
   * @throws SystemCallException if the number is not open (EBADF), or no terminal's (ENOTTY)
   */
  public static Terminal of(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    requireTerminal(kernel, number, "fd " + number);
    return new Terminal(SharedFile.borrowed(kernel, number, "Terminal"));
  }

  /** Takes charge of a terminal of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static Terminal adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a terminal's descriptor made elsewhere, such as a pseudo-terminal's master that
   * was passed by a Unix socket. It becomes non-blocking for all who share the open file.
   *
   * @throws SystemCallException if the number is not open (EBADF), or no terminal's (ENOTTY); it is
   *     not taken then
   */
  public static Terminal adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    requireTerminal(kernel, number, "fd " + number);
    int result = kernel.files().setNonBlocking(number, true);
    if (result < 0) {
      throw new SystemCallException("fcntl", "fd " + number, result, kernel);
    }
    Terminal terminal = owner(kernel, number);
    terminal.lifetime().share(); // whoever made it may have a duplicate
    return terminal;
  }

  /**
   * Gives the descriptor up, out of raw mode: its registrations end, and the caller closes the
   * number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    RawMode.restore(this);
    return lifetime().detach();
  }

  /** Opens a terminal of the current kernel; see {@link #open(Kernel, Path)}. */
  public static Terminal open(Path path) throws IOException {
    return open(Kernel.current(), path);
  }

  /**
   * Opens a terminal, such as {@code /dev/tty}, which is the one that the process belongs to, or
   * {@code /dev/ttyUSB0}. It does not become that. To wait for {@code /dev/tty} itself macOS
   * refuses: open what {@link #path} says of descriptor 0 there.
   *
   * @throws SystemCallException if the path cannot be opened (ENXIO for {@code /dev/tty}: the
   *     process belongs to no terminal), or is no terminal's (ENOTTY)
   */
  public static Terminal open(Kernel kernel, Path path) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    String name = Objects.requireNonNull(path, "path").toString();
    int number = kernel.files().open(name, Files.O_RDWR, 0);
    if (number < 0) {
      throw new SystemCallException("open", name, number, kernel);
    }
    try {
      requireTerminal(kernel, number, name);
      return owner(kernel, number);
    } catch (IOException e) {
      kernel.files().close(number);
      throw e;
    }
  }

  private static void requireTerminal(Kernel kernel, int number, String subject)
      throws SystemCallException {
    int result = kernel.terminals().attributes(number, new byte[Terminals.ATTRIBUTES_BYTES]);
    if (result < 0) {
      throw new SystemCallException("tcgetattr", subject, result, kernel);
    }
  }

  /**
   * The path by which the terminal can be opened, ttyname(3), ptsname(3): a master's is its
   * slave's.
   *
   * @throws SystemCallException if the system does not know it
   */
  public Path path() throws IOException {
    byte[] path = new byte[PATH_BYTES];
    int length = (int) call("ttyname", number -> terminals().path(number, path));
    return Path.of(new String(path, 0, length, PATHS));
  }

  /**
   * Enters raw mode: input comes key by key, unchanged and without echo, cfmakeraw(3).
   *
   * <p>The mode is the terminal's, whoever opened it, and outlives the program. {@link
   * RawMode#close} restores what was before; so does the end of the JVM, if it ends by {@link
   * System#exit}, with its last thread, by an exception that nobody caught, or by HUP, INT or TERM,
   * unless Java was started with {@code -Xrs}. Nothing does after those then, KILL, {@link
   * Runtime#halt} or a crash of the JVM itself: {@code stty sane}. A program that is stopped by
   * SUSP (Ctrl-Z) leaves the mode to the shell, and when it goes on (CONT, a {@link SignalSource})
   * must enter raw mode again.
   *
   * @throws SystemCallException if the terminal was hung up (EIO)
   * @throws IllegalStateException while the JVM shuts down, or another thread closes the terminal
   */
  public RawMode enterRawMode(Keep... kept) throws IOException {
    Set<Keep> keep = EnumSet.noneOf(Keep.class);
    for (Keep one : kept) {
      keep.add(Objects.requireNonNull(one, "an element of kept"));
    }
    byte[] before = new byte[Terminals.ATTRIBUTES_BYTES];
    call("tcgetattr", number -> terminals().attributes(number, before));
    RawMode mode = RawMode.begin(this, before);
    boolean signals = keep.contains(Keep.SIGNALS);
    boolean output = keep.contains(Keep.OUTPUT);
    mode.enter(
        () -> call("tcsetattr", number -> terminals().setRaw(number, before, signals, output)));
    return mode;
  }

  /** Sets attributes that the terminal had. */
  void restore(byte[] attributes) throws IOException {
    call("tcsetattr", number -> terminals().setAttributes(number, attributes));
  }

  /** How large its window is. */
  public WindowSize windowSize() throws IOException {
    return WindowSize.of(call("ioctl(TIOCGWINSZ)", terminals()::windowSize));
  }

  /** Says how large the window is; WINCH is sent to the programs in the foreground. */
  public void setWindowSize(WindowSize size) throws IOException {
    Objects.requireNonNull(size, "size");
    call(
        "ioctl(TIOCSWINSZ)",
        number -> terminals().setWindowSize(number, size.rows(), size.columns()));
  }

  /**
   * A source that tells of changes of the window's size, by the signal WINCH, which the system
   * sends to the programs in the foreground of their controlling terminal, and to no other.
   *
   * @throws IllegalArgumentException if the signal is not to be had, with the reason
   * @throws SystemCallException if the system refuses: EMFILE, or ENOSYS where it has no signals
   */
  public WindowChanges windowChanges() throws IOException {
    return WindowChanges.of(this);
  }

  private Terminals terminals() {
    return lifetime().kernel().terminals();
  }

  private interface Call {
    long on(int number);
  }

  private long call(String name, Call call) throws IOException {
    DescriptorLifetime lifetime = lifetime();
    lifetime.acquireOrThrow();
    try {
      long result;
      do {
        result = call.on(lifetime.number());
      } while (result == Result.EINTR);
      if (result < 0) {
        throw new SystemCallException(name, lifetime, result, lifetime.kernel());
      }
      return result;
    } finally {
      lifetime.release();
    }
  }

  private DescriptorLifetime lifetime() {
    return file.lifetime;
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime());
  }

  @Override
  public int available() throws IOException {
    try {
      return ByteTransfer.available(lifetime());
    } catch (SystemCallException e) {
      if (e.errno() == Errno.EIO) {
        return 0; // hung up
      }
      throw e;
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return file.read(target);
  }

  @Override
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    return file.read(targets, first, count);
  }

  @Override
  public long read(MemorySegment target) throws IOException {
    return file.read(target);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return file.write(source);
  }

  @Override
  public long write(ByteBuffer[] sources, int first, int count) throws IOException {
    return file.write(sources, first, count);
  }

  @Override
  public long write(MemorySegment source) throws IOException {
    return file.write(source);
  }

  /** Leaves raw mode too, if the terminal is still in it. */
  @Override
  public void close() {
    RawMode.restore(this);
    lifetime().close();
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
