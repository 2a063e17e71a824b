package dev.selkie.net;

import dev.selkie.Io;
import dev.selkie.Source;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a service tells the manager that has started it, systemd or another that knows sd_notify(3):
 * that it is ready, what it does, that it lives.
 *
 * <p>Each message is one datagram to the socket that {@code NOTIFY_SOCKET} names. Without that
 * nobody is told, and every method answers {@link Delivery#ABSENT}: so a program can call them
 * wherever it runs. Nothing waits, and a message that the manager has no room for just now is
 * {@link Delivery#NOT_READY}: send it again when {@link #socket} is writable.
 *
 * <p>Thread-safe.
 */
public final class ServiceManager implements AutoCloseable {
  /** What became of a message. */
  public enum Delivery {
    /** The manager has it. */
    SENT,
    /** The manager has no room for it now. */
    NOT_READY,
    /** No manager wants to be told. */
    ABSENT
  }

  private final Kernel kernel;
  private final @Nullable UnixDatagramSocket socket;
  private final @Nullable Duration watchdog;

  private ServiceManager(
      Kernel kernel, @Nullable UnixDatagramSocket socket, @Nullable Duration watchdog) {
    this.kernel = kernel;
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** The manager of this process, by the current kernel and the process's environment. */
  public static ServiceManager fromEnvironment() throws IOException {
    return of(Kernel.current(), System.getenv());
  }

  /**
   * The manager that an environment names: {@code NOTIFY_SOCKET}, a path or an abstract name after
   * an {@code @}, {@code WATCHDOG_USEC} and {@code WATCHDOG_PID}.
   *
   * @throws IllegalArgumentException if one of them is malformed
   * @throws dev.selkie.kernel.SystemCallException if nobody is at the socket
   */
  public static ServiceManager of(Kernel kernel, Map<String, String> environment)
      throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Duration watchdog = watchdog(kernel, environment);
    String name = environment.get("NOTIFY_SOCKET");
    UnixDatagramSocket socket =
        name == null || name.isEmpty() ? null : UnixDatagramSocket.connect(kernel, address(name));
    return new ServiceManager(kernel, socket, watchdog);
  }

  private static UnixAddress address(String name) {
    return switch (name.charAt(0)) {
      case '/' -> UnixAddress.path(name);
      case '@' -> UnixAddress.abstractName(name.substring(1));
      default ->
          throw new IllegalArgumentException(
              "NOTIFY_SOCKET=" + name + ": neither a path from / on nor a name after @");
    };
  }

  private static @Nullable Duration watchdog(Kernel kernel, Map<String, String> environment) {
    String pid = environment.get("WATCHDOG_PID");
    String micros = environment.get("WATCHDOG_USEC");
    if (micros == null
        || (pid != null && number("WATCHDOG_PID", pid) != kernel.processes().self())) {
      return null; // not meant for this process
    }
    return Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(number("WATCHDOG_USEC", micros)));
  }

  /** A number of the environment, above 0. */
  static long number(String variable, String text) {
    try {
      long number = Long.parseLong(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new IllegalArgumentException(variable + "=" + text + ": no number above 0");
  }

  /** Whether somebody is told. */
  public boolean isPresent() {
    return socket != null;
  }

  /** The socket to the manager, to wait until it is writable; empty if there is none. */
  public Optional<UnixDatagramSocket> socket() {
    return Optional.ofNullable(socket);
  }

  /**
   * How often the manager wants to hear {@link #watchdog()} at least, or it ends the service: call
   * it twice as often. Empty if it does not watch this process.
   */
  public Optional<Duration> watchdogInterval() {
    return Optional.ofNullable(watchdog);
  }

  /** The service is ready, after its start or a reload. */
  public Delivery ready() throws IOException {
    return send("READY=1");
  }

  /** The service begins to load its configuration anew; {@link #ready} tells the end. */
  public Delivery reloading() throws IOException {
    long micros = TimeUnit.NANOSECONDS.toMicros(kernel.clock().nanoTime());
    return send("RELOADING=1\nMONOTONIC_USEC=" + micros);
  }

  /** The service begins to end. */
  public Delivery stopping() throws IOException {
    return send("STOPPING=1");
  }

  /**
   * What the service does, in a line for who looks.
   *
   * @throws IllegalArgumentException if there is a line break in it
   */
  public Delivery status(String text) throws IOException {
    if (text.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("a status is one line: " + text);
    }
    return send("STATUS=" + text);
  }

  /** The service lives; see {@link #watchdogInterval}. */
  public Delivery watchdog() throws IOException {
    return send("WATCHDOG=1");
  }

  /** The service is another process from now on. */
  public Delivery mainPid(long pid) throws IOException {
    return send("MAINPID=" + pid);
  }

  /** The start, reload or end takes so much longer than the manager would wait. */
  public Delivery extendTimeout(Duration time) throws IOException {
    return send("EXTEND_TIMEOUT_USEC=" + TimeUnit.NANOSECONDS.toMicros(time.toNanos()));
  }

  /**
   * Leaves descriptors with the manager, which hands them to the service when that starts again, by
   * {@link InheritedSockets}. They stay open here too.
   *
   * @param name what they are handed over as, without a colon, 255 characters at most
   * @throws IllegalArgumentException for another name, no source or too many
   */
  public Delivery store(String name, Source... sources) throws IOException {
    if (sources.length == 0) {
      throw new IllegalArgumentException("no source to store as " + name);
    }
    return send("FDSTORE=1\nFDNAME=" + checked(name), sources);
  }

  /** Has the manager close what it has stored by a name. */
  public Delivery removeStored(String name) throws IOException {
    return send("FDSTOREREMOVE=1\nFDNAME=" + checked(name));
  }

  private static String checked(String name) {
    boolean plain = name.chars().allMatch(c -> c >= ' ' && c < 0x7f && c != ':');
    if (!plain || name.isEmpty() || name.length() > 255) {
      throw new IllegalArgumentException(
          "a name of a descriptor has 1 to 255 characters of ASCII and no colon: " + name);
    }
    return name;
  }

  /** Sends lines of {@code NAME=value}, of which sd_notify(3) has the list, and descriptors. */
  public Delivery send(String state, Source... sources) throws IOException {
    UnixDatagramSocket manager = socket;
    if (manager == null) {
      return Delivery.ABSENT;
    }
    try (AncillaryData data = new AncillaryData().pass(sources)) {
      int n = manager.send(ByteBuffer.wrap(state.getBytes(StandardCharsets.UTF_8)), data);
      return n == Io.NOT_READY ? Delivery.NOT_READY : Delivery.SENT;
    }
  }

  /** Closes the socket. */
  @Override
  public void close() {
    if (socket != null) {
      socket.close();
    }
  }

  @Override
  public String toString() {
    return socket == null ? "no service manager" : "service manager by " + socket;
  }
}
