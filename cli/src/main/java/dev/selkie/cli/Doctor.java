package dev.selkie.cli;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.cli.console.FailureReport;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Finds out what this machine gives. */
final class Doctor {
  private static final int ENOUGH_DESCRIPTORS = 1024;
  private static final Duration LOOPBACK_PATIENCE = Duration.ofSeconds(2);

  private final Supplier<Kernel> kernel;
  private final List<Fact> facts = new ArrayList<>();

  /** A doctor of a kernel, which may fail to be found. */
  Doctor(Supplier<Kernel> kernel) {
    this.kernel = kernel;
  }

  /** All facts. */
  List<Fact> examine() {
    facts.clear();
    facts.add(Fact.ok("system", property("os.name")));
    facts.add(Fact.ok("kernel", property("os.version")));
    facts.add(Fact.ok("architecture", property("os.arch")));
    facts.add(
        Fact.ok(
            "JDK",
            "%s, %s (%s)"
                .formatted(
                    property("java.runtime.version"),
                    property("java.vendor"),
                    property("java.home"))));
    nativeAccess();
    fibers();
    try {
      systemCalls();
    } catch (RuntimeException | LinkageError e) {
      facts.add(missing("system calls", e, "nothing works without them; see docs/platforms.md"));
    }
    return facts;
  }

  /** Whether everything is there that Selkie needs. */
  boolean isWell() {
    return facts.stream().noneMatch(fact -> fact.state() == Fact.State.MISSING);
  }

  private void systemCalls() {
    Kernel found;
    try {
      found = kernel.get();
    } catch (IllegalStateException e) {
      facts.add(missing("profile", e, "nothing works without one; see docs/platforms.md"));
      return;
    }
    facts.add(Fact.ok("profile", found.description()));
    String backend = backend(found);
    facilities(found.facilities(), backend);
    descriptors(found);
    if (backend != null) {
      facts.add(loopback(found, "IPv4 loopback", "127.0.0.1"));
      facts.add(optional(loopback(found, "IPv6 loopback", "::1")));
    }
  }

  private static Fact missing(String name, Throwable failure, String usually) {
    String advice = FailureReport.advice(failure);
    return Fact.missing(name, FailureReport.reason(failure), advice == null ? usually : advice);
  }

  private void nativeAccess() {
    Module module = EventQueue.class.getModule();
    String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
    facts.add(
        module.isNativeAccessEnabled()
            ? Fact.ok("native access", "enabled for " + name)
            : Fact.missing(
                "native access",
                "not enabled for " + name,
                "start Java with --enable-native-access=" + name));
  }

  private void fibers() {
    Module module = EventLoop.class.getModule();
    String option =
        "--add-opens java.base/java.lang=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    String obstacle = obstacle();
    facts.add(
        obstacle == null
            ? Fact.ok("fibers", "mounted on the thread of their loop, by " + option)
            : Fact.absent(
                "fibers",
                "run on the JDK's scheduler, in parallel with their loop",
                obstacle.contains(option) ? "start Java with " + option : obstacle));
  }

  /** Why no fiber can be mounted, or null. */
  private static @Nullable String obstacle() {
    try {
      var _ = EventLoop.builder().mountFibers(true);
      return null;
    } catch (UnsupportedOperationException e) {
      return e.getMessage();
    }
  }

  /** By what a queue waits, or null if none opens. */
  private @Nullable String backend(Kernel kernel) {
    try (EventQueue<String> queue = EventQueue.open(kernel)) {
      queue.poll(); // a call that is there and forbidden shows when it is made
      String name = queue.backend();
      facts.add(
          Fact.ok(
              "backend",
              "%s, timeouts in %s"
                  .formatted(name, isPrecise(name, kernel) ? "nanoseconds" : "milliseconds")));
      return name;
    } catch (IOException | RuntimeException e) {
      facts.add(missing("backend", e, "no queue can be opened without it; see docs/platforms.md"));
      return null;
    }
  }

  /** Whether a backend hands the system its timeouts as they are; kevent(2) always takes them. */
  static boolean isPrecise(String backend, Kernel kernel) {
    return switch (backend) {
      case "epoll" -> kernel.facilities().contains(Facility.EPOLL_PWAIT2);
      case "poll" -> kernel.poll().hasNanoseconds();
      default -> true;
    };
  }

  private void facilities(Set<Facility> found, @Nullable String backend) {
    for (Facility facility : Facility.values()) {
      if (!concerns(facility, found, backend)) {
        continue;
      }
      String advice = advice(facility);
      if (advice != null) {
        String name = facility.name().toLowerCase(java.util.Locale.ROOT);
        facts.add(
            found.contains(facility)
                ? Fact.ok(name, "there")
                : Fact.absent(name, "not there", advice));
      }
    }
  }

  /**
   * Whether the lack of a facility would mean anything: a kqueue is itself what Linux has a
   * descriptor for each for, and another backend than epoll waits by other calls.
   */
  private static boolean concerns(
      Facility facility, Set<Facility> found, @Nullable String backend) {
    return switch (facility) {
      case EPOLL_PWAIT2 -> "epoll".equals(backend);
      case EVENTFD, TIMERFD, PIDFD, INOTIFY, SPLICE, ABSTRACT_NAMES ->
          !found.contains(Facility.KQUEUE);
      default -> true;
    };
  }

  /** What it means that a facility is not there, or null for one that is not asked for here. */
  private static @Nullable String advice(Facility facility) {
    return switch (facility) {
      case EPOLL_PWAIT2 ->
          "timeouts are rounded up to milliseconds; it comes with Linux 5.11 and glibc 2.35, and"
              + " a container's seccomp filter may forbid it";
      case EVENTFD -> "a queue is woken through a pipe instead";
      case TIMERFD -> "timers as sources need it";
      case PIDFD -> "child processes as sources need it; it comes with Linux 5.3";
      case INOTIFY -> "file changes as sources need it";
      case ATOMIC_CLOEXEC -> "a child process started at the wrong moment may inherit descriptors";
      case SPLICE -> "bytes that go from one connection to another are copied";
      case DATAGRAM_BATCHES -> "datagrams are sent and received one a call";
      case ABSTRACT_NAMES -> "Unix sockets have paths alone";
      case EPOLL, KQUEUE, POLL, PORT_BALANCING, SHORT_READS_DRAIN -> null;
    };
  }

  private void descriptors(Kernel found) {
    long soft = found.files().descriptorLimit(false);
    long hard = found.files().descriptorLimit(true);
    String value =
        soft == hard ? limit(soft) : "%s, can be raised to %s".formatted(limit(soft), limit(hard));
    facts.add(
        soft < 0 || soft >= ENOUGH_DESCRIPTORS
            ? Fact.ok("descriptor limit", value)
            : Fact.absent(
                "descriptor limit",
                value,
                "enough for %d requests of the demo; raise it with ulimit -n"
                    .formatted(Math.max(0, (soft - 64) / 2))));
  }

  private static String limit(long limit) {
    return limit < 0 || limit == Long.MAX_VALUE ? "unlimited" : Long.toString(limit);
  }

  private static Fact optional(Fact fact) {
    return fact.state() == Fact.State.MISSING
        ? Fact.absent(fact.name(), fact.value(), "only IPv4 will work here")
        : fact;
  }

  /** Opens a listener and a connection to it, and sends a byte through. */
  private static Fact loopback(Kernel kernel, String name, String address) {
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral(address), 0);
    try (EventQueue<String> queue = EventQueue.open(kernel);
        TcpListener listener = TcpListener.bind(kernel, any);
        TcpStream client = TcpStream.connect(kernel, listener.localAddress())) {
      long began = kernel.clock().nanoTime();
      // One report is enough: the client stays writable, which would end every later wait at once.
      queue.register(client, Interest.WRITABLE.oneShot(), "client");
      await(queue, "client");
      client.finishConnect();
      queue.register(listener, Interest.READABLE, "listener");
      await(queue, "listener");
      try (TcpStream accepted = Objects.requireNonNull(listener.accept(), "no connection")) {
        queue.register(accepted, Interest.READABLE, "accepted");
        client.write(ByteBuffer.wrap(new byte[] {42}));
        await(queue, "accepted");
        if (accepted.read(ByteBuffer.allocate(1)) == Io.NOT_READY) {
          throw new IOException("a byte was lost");
        }
      }
      long micros = (kernel.clock().nanoTime() - began) / 1000;
      return Fact.ok(name, "a connection and a byte in %d \u00b5s".formatted(micros));
    } catch (IOException | RuntimeException e) {
      return Fact.missing(
          name, FailureReport.reason(e), "bring the interface lo up, and look at firewall rules");
    }
  }

  private static void await(EventQueue<String> queue, String name) throws IOException {
    Clock clock = queue.kernel().clock();
    long began = clock.nanoTime();
    long left = LOOPBACK_PATIENCE.toNanos();
    while (left > 0) {
      for (Event<String> event : queue.awaitNanos(left)) {
        if (event.attachment().equals(name)) {
          return;
        }
      }
      left = LOOPBACK_PATIENCE.toNanos() - (clock.nanoTime() - began);
    }
    throw new IOException("no event in " + LOOPBACK_PATIENCE.toSeconds() + " s");
  }

  private static String property(String key) {
    return System.getProperty(key, "unknown");
  }
}
