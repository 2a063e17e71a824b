package dev.selkie.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The machine of a run.
 *
 * @param cpu the model
 * @param cpus the CPUs that this process may use
 * @param kernel the system and its version
 * @param jdk the Java runtime
 * @param load the load averages when the run began
 */
record Machine(String cpu, List<Integer> cpus, String kernel, String jdk, String load) {

  static Machine here() {
    return new Machine(
        field("/proc/cpuinfo", "model name", System.getProperty("os.arch")),
        parseCpus(field("/proc/self/status", "Cpus_allowed_list", "0")),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        loadAverage());
  }

  /** Where servers run. */
  int serverCpu() {
    return cpus.getFirst();
  }

  /** Where loads run: another CPU if there is one. */
  int loadCpu() {
    return cpus.size() > 1 ? cpus.get(1) : cpus.getFirst();
  }

  /** The CPUs of a list such as {@code 0-3,8}. */
  static List<Integer> parseCpus(String list) {
    List<Integer> cpus = new ArrayList<>();
    for (String range : list.strip().split(",")) {
      String[] ends = range.split("-");
      int last = Integer.parseInt(ends[ends.length - 1]);
      for (int cpu = Integer.parseInt(ends[0]); cpu <= last; cpu++) {
        cpus.add(cpu);
      }
    }
    return List.copyOf(cpus);
  }

  private static String loadAverage() {
    String[] words = read("/proc/loadavg").split(" ");
    return words.length < 3 ? "unknown" : words[0] + " " + words[1] + " " + words[2];
  }

  private static String field(String file, String name, String otherwise) {
    return read(file)
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(otherwise);
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      return "";
    }
  }
}
