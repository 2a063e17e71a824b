package dev.selkie.benchmarks;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts the processes of a comparison, pinned to their CPUs and all JVMs with the same flags. */
final class Launcher {
  /** The last one spares Netty the loss of Unsafe, by which it would be slower. */
  static final List<String> JVM_FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-Xmx256m",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private final Programs programs;
  private final Machine machine;
  private final List<String> pin;

  /** The jars of an earlier build, if there is one to compare with. */
  private final @Nullable Path before;

  Launcher(Programs programs, Machine machine, @Nullable Path before) {
    this.programs = programs;
    this.before = before;
    this.machine = machine;
    this.pin = pin(programs);
  }

  private static List<String> pin(Programs programs) {
    Optional<Path> taskset = onPath("taskset");
    if (taskset.isPresent()) {
      return List.of(taskset.get().toString(), "-c");
    }
    Path pin = programs.find("pin");
    return pin == null ? List.of() : List.of(pin.toString());
  }

  /** Where the PATH has a program. */
  static Optional<Path> onPath(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return List.of(path.split(":")).stream()
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Leaves a peer out, or all of them if it is null, when a program in C is not there. */
  void leaveOutMissing(Result result, @Nullable Peer peer, String program) {
    String missing = programs.missing(program);
    if (missing != null && peer != null) {
      result.leaveOut(peer, missing);
    } else if (missing != null) {
      result.peers.forEach(each -> result.leaveOut(each, "the load is in C, and " + missing));
    }
  }

  /** Whether there is an earlier build to compare with. */
  boolean hasEarlierBuild() {
    return before != null;
  }

  /** Whether processes can be pinned. */
  boolean pins() {
    return !pin.isEmpty();
  }

  /** The command of a server: on the first CPU. */
  List<String> onServerCpu(List<String> command) {
    return pinned(String.valueOf(machine.serverCpu()), command);
  }

  /** The command of a load: on the second CPU. */
  List<String> onLoadCpu(List<String> command) {
    return pinned(String.valueOf(machine.loadCpu()), command);
  }

  /** A command on both CPUs. */
  List<String> onBothCpus(List<String> command) {
    return pinned(machine.serverCpu() + "," + machine.loadCpu(), command);
  }

  private List<String> pinned(String cpus, List<String> command) {
    if (pin.isEmpty()) {
      return command;
    }
    List<String> whole = new ArrayList<>(pin);
    whole.add(cpus);
    whole.addAll(command);
    return whole;
  }

  /** The command of a C program. */
  List<String> c(String program, Object... arguments) throws ChildException {
    Path path = programs.find(program);
    if (path == null) {
      throw new ChildException(String.valueOf(programs.missing(program)));
    }
    return command(List.of(path.toString()), arguments);
  }

  /** The command of a peer's Java program, whose first argument is the peer. */
  List<String> java(Class<?> main, Peer peer, Object... arguments) {
    return java(List.of(), main, peer, arguments);
  }

  /** One with more flags for its JVM, which prevail over those of all. */
  List<String> java(List<String> flags, Class<?> main, Peer peer, Object... arguments) {
    List<String> start = new ArrayList<>();
    start.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    start.addAll(JVM_FLAGS);
    start.addAll(peer.jvmFlags());
    start.addAll(flags);
    start.add("-cp");
    start.add(
        peer == Peer.BEFORE
            ? before + File.separator + "*"
            : shorter(System.getProperty("java.class.path")));
    start.add(main.getName());
    start.add(peer.program().toString());
    return command(start, arguments);
  }

  /** A class path of jars in one folder by its wildcard, to keep the commands readable. */
  static String shorter(String classPath) {
    Path folder = null;
    for (String entry : classPath.split(File.pathSeparator)) {
      Path parent = Path.of(entry).getParent();
      if (!entry.endsWith(".jar") || parent == null || folder != null && !folder.equals(parent)) {
        return classPath;
      }
      folder = parent;
    }
    return folder + File.separator + "*";
  }

  private static List<String> command(List<String> start, Object[] arguments) {
    List<String> command = new ArrayList<>(start);
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return command;
  }
}
