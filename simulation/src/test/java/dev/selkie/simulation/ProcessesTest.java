package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Processes;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Spawn;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ExitStatus;
import dev.selkie.source.ProcessWatch;
import dev.selkie.source.Redirect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes of simulated hosts: in virtual time, replayed, and with their zombies counted. */
final class ProcessesTest {
  private static final long MILLI = 1_000_000;
  private static final int ESRCH = -Errno.ESRCH.number();
  private static final int ECHILD = -Errno.ECHILD.number();

  private static SimulatedKernel host(SimulatedSystem system, List<String> trace) {
    SimulatedNetwork network = SimulatedNetwork.builder().trace(trace::add).build();
    return SimulatedKernel.builder().network(network).system(system).build();
  }

  private static SimulatedKernel host(SimulatedSystem system) {
    return host(system, new ArrayList<>());
  }

  private static int spawn(SimulatedKernel host, String program, int group) {
    return host.processes()
        .spawn(new Spawn(program, List.of(program), List.of(), null, Map.of(), group));
  }

  /** Waits for a child: how it ends, with the virtual time in milliseconds. */
  private static String end(SimulatedKernel host, ChildProcess child) throws IOException {
    try (EventQueue<String> queue = EventQueue.open(host)) {
      queue.register(child, Interest.READABLE, "child");
      ExitStatus status = null;
      while (status == null) {
        queue.await();
        status = child.poll();
      }
      return status + " at " + host.clock().nanoTime() / MILLI;
    }
  }

  private static List<String> run(SimulatedSystem system, List<String> trace) throws IOException {
    SimulatedKernel host = host(system, trace);
    host.program("work", process -> process.exitAfter(Duration.ofMillis(30), 3));
    host.program(
        "stubborn",
        process -> process.onSignal("TERM", () -> process.exitAfter(Duration.ofMillis(5), 7)));
    host.program("faulty", process -> process.endBySignal("SEGV", true));
    List<String> told = new ArrayList<>();
    try (ChildProcess work = ChildProcess.builder("work").kernel(host).start();
        ChildProcess stubborn = ChildProcess.builder("stubborn").kernel(host).start();
        ChildProcess faulty = ChildProcess.builder("faulty").kernel(host).start()) {
      told.add(end(host, work));
      stubborn.kill("TERM");
      told.add(end(host, stubborn));
      assertThat(host.openProcesses()).containsExactly(Map.entry(103, "faulty (zombie)"));
      told.add(end(host, faulty));
    }
    assertThat(host.openProcesses()).isEmpty();
    assertThat(host.openDescriptors()).isEmpty();
    return told;
  }

  @ParameterizedTest
  @EnumSource
  void processesEndAtTheirTimesAndTheRunIsReplayed(SimulatedSystem system) throws IOException {
    List<String> trace = new ArrayList<>();
    assertThat(run(system, trace))
        .containsExactly(
            "exit code 3 at 30", "exit code 7 at 35", "killed by SIGSEGV (core dumped) at 35");
    List<String> again = new ArrayList<>();
    run(system, again);
    assertThat(again).isEqualTo(trace);
    assertThat(trace).anyMatch(line -> line.endsWith(" posix_spawn(work) = 101"));
  }

  @ParameterizedTest
  @EnumSource
  void aProcessHasWhatItIsGivenAndClosesItAtItsEnd(SimulatedSystem system) throws IOException {
    SimulatedKernel host = host(system);
    List<String> seen = new ArrayList<>();
    host.program(
        "upper",
        process -> {
          seen.add(process.arguments() + " " + process.environment() + " " + process.folder());
          seen.add(process.descriptors().toString());
          process.whenReadable(
              0,
              () -> {
                process.write(1, String.valueOf(process.read(0)).toUpperCase(Locale.ROOT));
                process.close(0);
                process.exit(0);
              });
        });
    try (ChildProcess child =
            ChildProcess.builder("upper", "x")
                .kernel(host)
                .variable("A", "b")
                .folder("/tmp")
                .input(Redirect.PIPE)
                .output(Redirect.PIPE)
                .descriptor(7, Redirect.NULL)
                .start();
        EventQueue<String> queue = EventQueue.open(host)) {
      queue.register(child.output(), Interest.READABLE, "output");
      child.input().write(ByteBuffer.wrap("text".getBytes(StandardCharsets.UTF_8)));
      queue.await();
      ByteBuffer buffer = ByteBuffer.allocate(10);
      assertThat(child.output().read(buffer)).isEqualTo(4);
      assertThat(StandardCharsets.UTF_8.decode(buffer.flip()).toString()).isEqualTo("TEXT");
      assertThat(end(host, child)).startsWith("exit code 0");
    }
    assertThat(seen).containsExactly("[upper, x] [A=b] /tmp", "[0, 1, 2, 7]");
    assertThat(host.openDescriptors()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aClosedChildGoesOnAndLeavesNoZombie(SimulatedSystem system) throws IOException {
    SimulatedKernel host = host(system);
    host.program("work", process -> process.exitAfter(Duration.ofMillis(30), 3));
    ChildProcess.builder("work").kernel(host).start().close();
    assertThat(host.openProcesses()).containsExactly(Map.entry(101, "work"));
    host.network().advance(Duration.ofMillis(31));
    assertThat(host.openProcesses()).isEmpty();
    ChildProcess ended = ChildProcess.builder("work").kernel(host).start();
    host.network().advance(Duration.ofMillis(31));
    assertThat(host.openProcesses()).containsExactly(Map.entry(102, "work (zombie)"));
    ended.close();
    assertThat(host.openProcesses()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aForeignProcessIsWatchedAndNotReaped(SimulatedSystem system) throws IOException {
    SimulatedKernel host = host(system);
    SimulatedProcess process = host.startProcess("daemon", _ -> {});
    try (ProcessWatch watch = ProcessWatch.open(host, process.number());
        EventQueue<String> queue = EventQueue.open(host)) {
      queue.register(watch, Interest.READABLE, "watch");
      assertThat(host.processes().reap(process.number())).isEqualTo(ECHILD);
      assertThat(watch.poll()).isNull();
      assertThat(process.isAlive()).isTrue();
      assertThat(watch.kill("HUP")).isTrue();
      assertThat(process.isAlive()).isFalse();
      assertThat(queue.await().isEmpty()).isFalse();
      assertThat(watch.poll()).isEqualTo(ExitStatus.UNKNOWN);
    }
    assertThatThrownBy(() -> ProcessWatch.open(host, process.number()))
        .hasMessage(
            (system.isLinux() ? "pidfd_open" : "kevent")
                + "(process 101): ESRCH (no such process)");
    assertThat(host.openDescriptors()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotThereIsRefused(SimulatedSystem system) {
    SimulatedKernel host = host(system);
    host.program("sleep", _ -> {});
    Processes processes = host.processes();
    assertThat(spawn(host, "nothing", -1)).isEqualTo(Result.ENOENT);
    assertThat(spawn(host, "/dev/null", -1)).isEqualTo(-Errno.EACCES.number());
    assertThat(spawn(host, "sleep", 77)).isEqualTo(-Errno.EPERM.number());
    int child = spawn(host, "sleep", 0);
    assertThat(processes.watch(0)).isEqualTo(Result.EINVAL);
    assertThat(processes.watch(999)).isEqualTo(ESRCH);
    assertThat(processes.reap(0)).isEqualTo(Result.EINVAL);
    assertThat(processes.reap(999)).isEqualTo(ECHILD);
    assertThat(processes.reap(child)).isEqualTo(Result.EAGAIN);
    assertThat(processes.kill(999, 9)).isEqualTo(ESRCH);
    assertThat(processes.kill(-999, 9)).isEqualTo(ESRCH);
    assertThat(processes.kill(-1, 9)).isEqualTo(-Errno.EPERM.number());
    assertThat(processes.kill(child, 99)).isEqualTo(Result.EINVAL);
    assertThat(processes.kill(child, 0)).isZero();
    assertThat(processes.kill(processes.self(), 0)).isZero();
    assertThat(processes.kill(-child, 15)).isZero();
    assertThat(processes.reap(child)).isEqualTo(Processes.KILLED | 15);
    assertThat(processes.reap(child)).isEqualTo(ECHILD);
    assertThat(processes.disown(child)).isEqualTo(ECHILD);
    assertThat(host.openProcesses()).isEmpty();
  }
}
