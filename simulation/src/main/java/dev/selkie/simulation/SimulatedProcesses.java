package dev.selkie.simulation;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Processes;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Spawn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@link Processes} of a host, whose programs are those that a test has given it. */
final class SimulatedProcesses implements Processes {
  static final int SIGKILL = 9;

  /** The number of the program that is simulated. */
  static final int SELF = 100;

  private static final int MOST_SIGNALS = 64;

  /** What a process takes no notice of by default; one that would stop it stops nothing here. */
  private static final List<String> HARMLESS =
      List.of("CHLD", "CONT", "URG", "WINCH", "INFO", "STOP", "TSTP", "TTIN", "TTOU");

  private static final int ESRCH = -Errno.ESRCH.number();
  private static final int ECHILD = -Errno.ECHILD.number();
  private static final int EPERM = -Errno.EPERM.number();

  final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private final Map<String, SimulatedProgram> programs = new HashMap<>();

  /** Those that live, and the children of this one that nobody has reaped. */
  private final SortedMap<Integer, SimulatedProcess> table = new TreeMap<>();

  private int last = SELF;

  SimulatedProcesses(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
  }

  void program(String name, SimulatedProgram program) {
    network.enter();
    try {
      programs.put(name, program);
    } finally {
      network.exit();
    }
  }

  /** Starts a process that is nobody's child here. */
  SimulatedProcess startForeign(String name, SimulatedProgram program) {
    network.enter();
    try {
      Spawn spawn = new Spawn(name, List.of(name), List.of(), null, Map.of(), 0);
      return start(spawn, program, false);
    } finally {
      network.exit();
    }
  }

  private SimulatedProcess start(Spawn spawn, SimulatedProgram program, boolean child) {
    int number = ++last;
    int group = spawn.group() < 0 ? SELF : spawn.group() == 0 ? number : spawn.group();
    SimulatedProcess process = new SimulatedProcess(this, number, spawn, group, child);
    table.put(number, process);
    process.begin(program);
    return process;
  }

  /** All processes but this one, by number. */
  SortedMap<Integer, String> describe() {
    network.enter();
    try {
      SortedMap<Integer, String> all = new TreeMap<>();
      table.forEach((number, process) ->
          all.put(number, process.program() + (process.hasEnded() ? " (zombie)" : "")));
      return all;
    } finally {
      network.exit();
    }
  }

  @Nullable SimulatedProcess find(int number) {
    return table.get(number);
  }

  /** Whether a signal that nobody handles is ignored. */
  boolean isHarmless(int signal) {
    return HARMLESS.stream().anyMatch(name -> kernel.signals().number(name) == signal);
  }

  /** A process has ended: only its own parent's child waits to be reaped. */
  void ended(SimulatedProcess process) {
    if (!process.isChild() || process.disowned) {
      remove(process);
    }
  }

  private void remove(SimulatedProcess process) {
    table.remove(process.number());
    process.leave();
  }

  @Override
  public int self() {
    return SELF;
  }

  @Override
  public int spawn(Spawn spawn) {
    network.enter();
    try {
      SimulatedProgram program = programs.get(spawn.program());
      int refusal = refusal(spawn);
      int result = refusal;
      if (refusal == 0) {
        result = program == null ? noProgram(spawn) : start(spawn, program, true).number();
      }
      return kernel.traced("posix_spawn", spawn.program(), result);
    } finally {
      network.exit();
    }
  }

  private int refusal(Spawn spawn) {
    String folder = spawn.folder();
    if (folder != null) {
      SimulatedFileTree.Place place = kernel.fileTree().resolve(folder, true);
      if (place.node() == null || !place.node().isFolder()) {
        return place.node() == null ? place.error() : Codes.ENOTDIR;
      }
    }
    for (int number : spawn.descriptors().values()) {
      if (kernel.table().get(number) == null) {
        return Result.EBADF;
      }
    }
    boolean foreign = spawn.group() > 0 && groupIsEmpty(spawn.group());
    return foreign ? EPERM : 0;
  }

  private int noProgram(Spawn spawn) {
    if (spawn.program().indexOf('/') < 0) {
      return Result.ENOENT;
    }
    SimulatedFileTree.Place place = kernel.fileTree().resolve(spawn.program(), true);
    return place.node() == null ? place.error() : Codes.EACCES;
  }

  private boolean groupIsEmpty(int group) {
    return table.values().stream().noneMatch(process -> process.group() == group);
  }

  @Override
  public int watch(int process) {
    network.enter();
    try {
      SimulatedProcess found = table.get(process);
      int result = process <= 0 ? Result.EINVAL : ESRCH;
      if (found != null) {
        result = kernel.table().hasRoom(1) ? 0 : Result.EMFILE;
      }
      if (found != null && result == 0) {
        result = kernel.table().add(new ProcessFile(kernel, found));
      }
      return kernel.traced("pidfd_open", process, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int reap(int process) {
    network.enter();
    try {
      SimulatedProcess found = table.get(process);
      int result = process <= 0 ? Result.EINVAL : ECHILD;
      if (found != null && found.isChild() && !found.disowned) {
        result = found.status();
        if (found.hasEnded()) {
          remove(found);
        }
      }
      return kernel.traced("waitpid", process, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int disown(int process) {
    network.enter();
    try {
      SimulatedProcess found = table.get(process);
      int result = ECHILD;
      if (found != null && found.isChild() && !found.disowned) {
        result = 0;
        found.disowned = true;
        if (found.hasEnded()) {
          remove(found);
        }
      }
      return kernel.traced("disown", process, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int kill(int process, int signal) {
    network.enter();
    try {
      int result = process == -1 ? EPERM : send(process, signal);
      return kernel.traced("kill", process, signal, result);
    } finally {
      network.exit();
    }
  }

  private int send(int process, int signal) {
    if (signal < 0 || signal > MOST_SIGNALS) {
      return Result.EINVAL;
    }
    if (process > 0) {
      SimulatedProcess found = table.get(process);
      if (found != null) {
        found.signal(signal);
      }
      return found == null && process != SELF ? ESRCH : 0;
    }
    int group = process == 0 ? SELF : -process;
    if (groupIsEmpty(group)) {
      return ESRCH;
    }
    List.copyOf(table.values()).stream()
        .filter(member -> member.group() == group)
        .forEach(member -> member.signal(signal));
    return 0;
  }

  @Override
  public int killWatched(int watch, int process, int signal) {
    if (!kernel.system().isLinux()) {
      return Processes.super.killWatched(watch, process, signal);
    }
    network.enter();
    try {
      int result = Result.EBADF;
      if (kernel.table().get(watch) instanceof ProcessFile file) {
        int number = file.process.number();
        boolean gone = !file.process.equals(table.get(number)) && process > 0;
        result = gone ? ESRCH : send(process < 0 ? -number : number, signal);
      }
      return kernel.traced("pidfd_send_signal", watch, signal, result);
    } finally {
      network.exit();
    }
  }
}
