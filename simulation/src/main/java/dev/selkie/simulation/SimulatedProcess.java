package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Processes;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Spawn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A process of a simulated host beside the one that a test is: what its program makes it do.
 *
 * <p><b>Concurrency.</b> As the {@link SimulatedKernel}'s.
 */
public final class SimulatedProcess {
  private static final int MOST_BYTES = 1 << 16;

  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private final SimulatedProcesses processes;
  private final int number;
  private final Spawn spawn;
  private final int group;
  private final boolean child;

  /** Its descriptors; empty from its end on. */
  private final Map<Integer, OpenFile> files = new TreeMap<>();

  private final Map<Integer, Runnable> handlers = new HashMap<>();
  private final List<Delivery> planned = new ArrayList<>();
  private final List<Reading> readings = new ArrayList<>();

  /** The pidfds and filters that tell of its end. */
  final List<ProcessFile> watches = new ArrayList<>();

  final List<Knote> knotes = new ArrayList<>();

  private int status = Result.EAGAIN;
  boolean disowned;
  private boolean gone;

  SimulatedProcess(
      SimulatedProcesses processes, int number, Spawn spawn, int group, boolean child) {
    this.kernel = processes.kernel;
    this.network = kernel.network();
    this.processes = processes;
    this.number = number;
    this.spawn = spawn;
    this.group = group;
    this.child = child;
    spawn
        .descriptors()
        .forEach((here, there) -> {
          OpenFile file = Objects.requireNonNull(kernel.table().get(there));
          file.descriptors++;
          files.put(here, file);
        });
  }

  /** The process's number. */
  public int number() {
    return number;
  }

  /** What it was started with, its name first. */
  public List<String> arguments() {
    return spawn.arguments();
  }

  /** Its environment, {@code NAME=value} each. */
  public List<String> environment() {
    return spawn.environment();
  }

  /** Its working folder, or null for that of who started it. */
  public @Nullable String folder() {
    return spawn.folder();
  }

  /** The numbers of its descriptors. */
  public List<Integer> descriptors() {
    return locked(() -> List.copyOf(files.keySet()));
  }

  /** Whether it has not ended. */
  public boolean isAlive() {
    return locked(() -> status == Result.EAGAIN);
  }

  /**
   * Writes text, write(2).
   *
   * @return the count of bytes, or a negative code
   */
  public int write(int descriptor, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return locked(() -> {
      OpenFile file = files.get(descriptor);
      return file == null
          ? Result.EBADF
          : (int) file.write(new Transfer().of(bytes, 0, bytes.length));
    });
  }

  /**
   * Reads what is there without waiting, read(2).
   *
   * @return the text, empty for none now; null at the end of the file, or of an error
   */
  public @Nullable String read(int descriptor) {
    return locked(() -> {
      OpenFile file = files.get(descriptor);
      byte[] bytes = new byte[MOST_BYTES];
      long n = file == null ? Result.EBADF : file.read(new Transfer().of(bytes, 0, bytes.length));
      if (n == Result.EAGAIN) {
        return "";
      }
      return n <= 0 ? null : new String(bytes, 0, (int) n, StandardCharsets.UTF_8);
    });
  }

  /** Closes a descriptor, close(2). */
  public void close(int descriptor) {
    locked(() -> {
      OpenFile file = files.remove(descriptor);
      if (file != null) {
        file.closeDescriptor();
      }
      return 0;
    });
  }

  /** Has something done once a descriptor is readable, or its file is at its end. */
  public void whenReadable(int descriptor, Runnable action) {
    locked(() -> {
      OpenFile file = files.get(descriptor);
      if (file == null) {
        throw new IllegalArgumentException(this + " has no descriptor " + descriptor);
      }
      Reading reading = new Reading(file, action);
      file.observe(reading);
      readings.add(reading);
      return reading.arrived(Epoll.IN);
    });
  }

  /** Has something done after a time, unless it has ended by then. */
  public void after(Duration time, Runnable action) {
    locked(() -> {
      plan(time.toNanos(), action, "wakes");
      return 0;
    });
  }

  /** Has something done at the arrival of a signal, in place of what it does by default. */
  public void onSignal(String name, Runnable action) {
    locked(() -> handlers.put(kernel.signals().number(name), action));
  }

  /**
   * Ends by itself, exit(3).
   *
   * @param code of which the lowest 8 bits are told
   */
  public void exit(int code) {
    locked(() -> end(code & 0xff));
  }

  /** Ends by itself after a time. */
  public void exitAfter(Duration time, int code) {
    after(time, () -> exit(code));
  }

  /**
   * Ends by a signal, as a fault would make it.
   *
   * @param name of the signal, such as {@code SEGV}
   * @param coreDumped whether a core dump is left
   */
  public void endBySignal(String name, boolean coreDumped) {
    locked(() ->
        end(
            Processes.KILLED
                | kernel.signals().number(name)
                | (coreDumped ? Processes.DUMPED : 0)));
  }

  private interface Action<T> {
    T run();
  }

  private <T extends @Nullable Object> T locked(Action<T> action) {
    network.enter();
    try {
      return action.run();
    } finally {
      network.exit();
    }
  }

  // What the kernel does

  String program() {
    return spawn.program();
  }

  boolean isChild() {
    return child;
  }

  int group() {
    return group;
  }

  /** As {@code reap} gives it; EAGAIN while it lives. */
  int status() {
    return status;
  }

  boolean hasEnded() {
    return status != Result.EAGAIN;
  }

  /** Whether its number is free again. */
  boolean isGone() {
    return gone;
  }

  void leave() {
    gone = true;
    watches.forEach(ProcessFile::tell);
  }

  void begin(SimulatedProgram program) {
    plan(0, () -> program.start(this), "starts");
  }

  private void plan(long nanos, Runnable action, String what) {
    Delivery delivery =
        new Delivery() {
          @Override
          void deliver() {
            planned.remove(this);
            action.run();
          }

          @Override
          String describe() {
            return SimulatedProcess.this + " of " + kernel.hostName() + " " + what;
          }
        };
    if (!hasEnded()) {
      planned.add(delivery);
      network.plan(delivery, nanos);
    }
  }

  /** A signal arrives: what is not handled ends it, or is ignored, signal(7). */
  void signal(int signal) {
    Runnable handler = handlers.get(signal);
    if (hasEnded() || signal == 0) {
      return;
    }
    if (signal == SimulatedProcesses.SIGKILL || handler == null) {
      if (!processes.isHarmless(signal)) {
        end(Processes.KILLED | signal);
      }
    } else {
      plan(0, handler, "handles signal " + signal);
    }
  }

  private int end(int code) {
    if (hasEnded()) {
      return 0;
    }
    status = code;
    planned.forEach(network::cancel);
    planned.clear();
    readings.forEach(Reading::end);
    readings.clear();
    files.values().forEach(OpenFile::closeDescriptor);
    files.clear();
    if (network.isTraced()) {
      network.trace(kernel.hostName(), this + " ends with status " + code);
    }
    watches.forEach(ProcessFile::tell);
    knotes.forEach(knote -> knote.queue.activate(knote));
    processes.ended(this);
    return 0;
  }

  /** Waits for something to read, once. */
  private final class Reading extends Observer {
    private final Runnable action;
    private boolean told;

    Reading(OpenFile file, Runnable action) {
      super(file);
      this.action = action;
    }

    @Override
    boolean arrived(int bits) {
      boolean ready = (file.readiness() & (Epoll.IN | Epoll.HUP)) != 0;
      if (ready && !told) {
        told = true;
        plan(
            0,
            () -> {
              readings.remove(this);
              file.unobserve(this);
              action.run();
            },
            "reads");
      }
      return ready;
    }

    void end() {
      file.unobserve(this);
    }

    @Override
    void fileClosed() {
      readings.remove(this);
    }
  }

  @Override
  public String toString() {
    return spawn.program() + " " + number;
  }
}
