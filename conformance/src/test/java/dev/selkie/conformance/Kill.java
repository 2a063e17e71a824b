package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.simulation.SimulatedKernel;
import java.util.concurrent.TimeUnit;

/** Sends signals as kill(1) does. */
final class Kill {
  private Kill() {}

  /** Sends a signal to the process that a kernel is of, so many times, one after the other. */
  static void self(Kernel host, String name, int times) throws Exception {
    if (host instanceof SimulatedKernel simulated) {
      for (int i = 0; i < times; i++) {
        simulated.signal(name);
      }
      return;
    }
    send(ProcessHandle.current().pid(), name, times);
  }

  /** Sends a signal to a process, so many times, one after the other. */
  static void send(long process, String name, int times) throws Exception {
    String script = "i=0; while [ $i -lt " + times + " ]; do kill -$1 $2; i=$((i+1)); done";
    Process shell =
        new ProcessBuilder("/bin/sh", "-c", script, "sh", name, Long.toString(process))
            .inheritIO()
            .start();
    if (!shell.waitFor(Ready.DEADLINE.toSeconds(), TimeUnit.SECONDS) || shell.exitValue() != 0) {
      shell.destroyForcibly();
      throw new AssertionError("kill -" + name + " " + process + " failed");
    }
  }
}
