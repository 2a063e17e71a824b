package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.simulation.SimulatedProcess;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ChildProcessBuilder;
import dev.selkie.source.Redirect;
import java.util.List;

/**
 * The few programs that cases start, of the machine or of a simulated host: {@code true}, {@code
 * cat}, {@code sleep}, {@code printenv}, and {@code sh -c} with {@code exit N} or {@code echo …}.
 */
final class ChildPrograms {
  private ChildPrograms() {}

  /** Gives a simulated host its programs. */
  static void install(Kernel host) {
    if (host instanceof SimulatedKernel simulated) {
      simulated.program("true", process -> process.exit(0));
      simulated.program("cat", ChildPrograms::copy);
      simulated.program("sleep", _ -> {});
      simulated.program("printenv", ChildPrograms::printVariable);
      simulated.program("sh", ChildPrograms::interpret);
    }
  }

  private static void copy(SimulatedProcess process) {
    String text = process.read(0);
    if (text == null) {
      process.exit(0);
    } else {
      process.write(1, text);
      process.whenReadable(0, () -> copy(process));
    }
  }

  private static void printVariable(SimulatedProcess process) {
    String start = process.arguments().get(1) + "=";
    process.environment().stream()
        .filter(entry -> entry.startsWith(start))
        .forEach(entry -> process.write(1, entry.substring(start.length()) + "\n"));
    process.exit(0);
  }

  private static void interpret(SimulatedProcess process) {
    List<String> words = List.of(process.arguments().get(2).split(" ", -1));
    if (words.get(0).equals("exit")) {
      process.exit(Integer.parseInt(words.get(1)));
    } else {
      boolean errors = words.getLast().equals(">&2");
      process.write(errors ? 2 : 1, words.get(1) + "\n");
      process.exit(0);
    }
  }

  /** Waits until the children that were closed while they ran have been reaped. */
  static void awaitOrphans() {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("selkie-orphans")) {
        try {
          if (!thread.join(Ready.DEADLINE)) {
            throw new AssertionError("closed children are not reaped in " + Ready.DEADLINE);
          }
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  /** A child whose standard descriptors are the null device. */
  static ChildProcessBuilder quiet(Kernel kernel, String program, String... arguments) {
    return ChildProcess.builder(program, arguments)
        .kernel(kernel)
        .input(Redirect.NULL)
        .output(Redirect.NULL)
        .errors(Redirect.NULL);
  }
}
