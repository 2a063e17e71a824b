package dev.selkie.cli.watch;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.net.UdpSocket;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.source.Fifo;
import dev.selkie.source.StandardInput;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Waits for everything that is watched, on the calling thread and one queue. */
public final class WatchRun implements AutoCloseable {
  /** Why it has ended. */
  public enum End {
    /** As many things have happened as were asked for. */
    COUNT,
    /** The time was over. */
    TIME,
    /** Nothing more can happen. */
    NOTHING_LEFT,
    /** It was stopped. */
    STOPPED
  }

  /** What one source tells at a time, while others may have something to tell too. */
  private static final int FAIR_SHARE = 64;

  /** Permissions of a FIFO that is made. */
  private static final int OWN_ONLY = 0600;

  private final EventQueue<Watched> queue;
  private final SequencedSet<Watched> open = new LinkedHashSet<>();

  /** Those that may have more to tell than they were asked for. */
  private final SequencedSet<Watched> ready = new LinkedHashSet<>();

  private final ExecutedCommands commands;
  private final Consumer<Happening> printer;
  private final Consumer<String> warnings;
  private boolean held;
  private boolean failed;
  private volatile boolean stopped;

  private WatchRun(
      EventQueue<Watched> queue,
      Consumer<Happening> printer,
      Consumer<String> warnings,
      @Nullable String command,
      boolean aside) {
    this.queue = queue;
    this.printer = printer;
    this.warnings = warnings;
    this.commands = new ExecutedCommands(command, aside, queue, warnings);
  }

  /**
   * A run that watches nothing yet.
   *
   * @param printer is given each happening
   * @param warnings is given what went wrong and ends only a part
   * @param command what the shell runs at each event, if anything
   * @param aside whether what that prints goes to the standard error
   */
  public static WatchRun open(
      Consumer<Happening> printer,
      Consumer<String> warnings,
      @Nullable String command,
      boolean aside)
      throws IOException {
    return new WatchRun(EventQueue.open(), printer, warnings, command, aside);
  }

  /** Watches the lines of standard input. */
  public void watchStandardInput() throws IOException {
    add(new LineWatch("stdin", StandardInput.open()));
  }

  /** Watches the lines that come through a FIFO, which is made if nothing is there. */
  public void watchFifo(String path) throws IOException {
    Fifo fifo = Fifo.at(Path.of(path));
    if (Files.notExists(fifo.path(), LinkOption.NOFOLLOW_LINKS)) {
      fifo.make(OWN_ONLY);
    }
    add(new LineWatch("fifo " + path, fifo.openLastingReader()));
  }

  /** Watches the datagrams to a port. */
  public void watchUdp(InetSocketAddress address) throws IOException {
    UdpSocket socket = UdpSocket.bind(address);
    add(new DatagramWatch("udp " + socket.localAddress().getPort(), socket));
  }

  /** Watches the datagrams to a Unix socket. */
  public void watchUnix(String path) throws IOException {
    UnixDatagramSocket socket =
        UnixDatagramSocket.builder()
            .replaceStale()
            .removeOnClose()
            .bind(UnixDomainSocketAddress.of(path));
    add(new DatagramWatch("unix " + path, socket));
  }

  /** Watches the files below a folder. */
  public void watchFolder(String path) throws IOException {
    add(FolderWatch.open(path));
  }

  /** Watches a signal to this process. */
  public void watchSignal(String name) throws IOException {
    add(new SignalWatch(name));
  }

  /** Watches a timer, which is called as its interval was given. */
  public void watchTimer(String given, Duration interval) throws IOException {
    add(new TimerWatch(given, interval));
  }

  /** Starts a command by the shell, and watches what it prints and its end. */
  public void watchProgram(String command) throws IOException {
    add(new ProgramWatch(command));
  }

  private void add(Watched watched) throws IOException {
    open.add(watched);
    watched.register(queue);
  }

  /** Whether there is nothing that is watched. */
  public boolean isEmpty() {
    return open.isEmpty();
  }

  /** Whether something that was watched failed. */
  public boolean hasFailed() {
    return failed || commands.hasFailed();
  }

  /** Ends it, from any thread. */
  public void stop() {
    stopped = true;
    queue.wake();
  }

  /**
   * Watches until the end, and until the commands for what has happened have ended too, unless it
   * is stopped.
   *
   * @param count how many happenings
   * @param nanos how long
   */
  public End run(long count, long nanos) throws IOException {
    long start = System.nanoTime();
    long left = count;
    End end = null;
    while (!stopped) {
      long remaining = nanos - (System.nanoTime() - start);
      if (end == null) {
        end = end(left, remaining);
      }
      if (end != null && commands.isIdle()) {
        return end;
      }
      hold(end != null || commands.isFull());
      long most = end == null ? remaining : Long.MAX_VALUE;
      for (Event<Watched> event : queue.awaitNanos(held || ready.isEmpty() ? most : 0)) {
        ready.add(event.attachment());
      }
      for (int turns = ready.size(); turns > 0; turns--) {
        left -= tell(ready.removeFirst(), left);
      }
    }
    return End.STOPPED;
  }

  private @Nullable End end(long left, long remaining) {
    if (left == 0) {
      return End.COUNT;
    }
    if (remaining <= 0) {
      return End.TIME;
    }
    return open.isEmpty() && commands.isIdle() ? End.NOTHING_LEFT : null;
  }

  /** Lets what happens lie where it is, or takes it again. */
  private void hold(boolean hold) throws IOException {
    if (hold == held) {
      return;
    }
    held = hold;
    for (Registration<Watched> registration : queue.registrations()) {
      if (registration.attachment() != commands) {
        registration.modify(hold ? Interest.NONE : Interest.READABLE);
      }
    }
  }

  /** Has one tell its share; returns how many things it told. */
  private int tell(Watched watched, long most) throws IOException {
    if (watched == commands) {
      commands.next();
      return 0;
    }
    if (held) {
      ready.add(watched);
      return 0;
    }
    int told = 0;
    try {
      while (told < Math.min(FAIR_SHARE, most) && !commands.isFull()) {
        Happening happening = watched.next();
        if (happening == null) {
          endIfOver(watched);
          return told;
        }
        told++;
        printer.accept(happening);
        commands.run(happening);
      }
      ready.add(watched);
    } catch (IOException e) {
      failed = true;
      warnings.accept(watched.name() + " is watched no more: " + e.getMessage());
      close(watched);
    }
    return told;
  }

  private void endIfOver(Watched watched) {
    if (watched.isOver()) {
      close(watched);
    }
  }

  private void close(Watched watched) {
    open.remove(watched);
    watched.close();
  }

  @Override
  public void close() {
    List.copyOf(open).forEach(this::close);
    commands.close();
    queue.close();
  }

  /** What is watched. */
  @Override
  public String toString() {
    return open.stream().map(Watched::name).collect(Collectors.joining(", "));
  }
}
