package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.SystemCall;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ChildProcessBuilder;
import dev.selkie.source.ExitStatus;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.ProcessWatch;
import dev.selkie.source.Redirect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Children as sources: their end, their standard descriptors, signals to them. */
@Contract
final class ChildProcessTest extends QueueCases {
  private static final int MANY = 50;

  ChildProcessTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void install() {
    ChildPrograms.install(host);
  }

  private ChildProcessBuilder quiet(String program, String... arguments) {
    return ChildPrograms.quiet(kernel, program, arguments);
  }

  private ExitStatus end(ChildProcess child) throws IOException {
    Ready.await(configuration, child, Interest.READABLE);
    ExitStatus status = child.poll();
    assertThat(status).isNotNull();
    return status;
  }

  /** What a pipe holds up to its end. */
  private String text(PipeReader reader) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    while (true) {
      int n = reader.read(buffer);
      if (n == Io.END) {
        return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
      }
      if (n == Io.NOT_READY) {
        Ready.await(configuration, reader, Interest.READABLE);
      }
    }
  }

  /** Nothing is left on a simulated host; of the machine that is ChildMachineTest's. */
  private void assertNoProcesses() {
    if (host instanceof SimulatedKernel simulated) {
      assertThat(simulated.openProcesses()).isEmpty();
    }
  }

  @Test
  void theEndOfAChildIsAnEventWithItsExitCode() throws IOException {
    for (int code : new int[] {0, 1, 42, 255}) {
      try (ChildProcess child = quiet("sh", "-c", "exit " + code).start()) {
        queue.register(child, Interest.READABLE, "child");
        assertThat(Report.only(queue).toString()).startsWith("child: readable");
        assertThat(child.poll()).isEqualTo(new ExitStatus(code, null, false));
        assertThat(child.poll()).isNull();
        assertThat(child.status()).hasToString("exit code " + code);
        assertThat(child.toString())
            .endsWith("sh, process %d, exit code %d".formatted(child.number(), code));
      }
    }
    Report.none(queue);
    assertNoProcesses();
  }

  @Test
  void aChildThatLivesIsSilentAndASignalEndsIt() throws IOException {
    for (String signal : List.of("TERM", "KILL", "SIGINT", "usr1")) {
      try (ChildProcess child = quiet("sleep", "1000").start()) {
        queue.register(child, Interest.READABLE, "child");
        Report.none(queue);
        assertThat(child.poll()).isNull();
        assertThat(child.kill("CONT")).isTrue();
        assertThat(child.kill(signal)).isTrue();
        Report.only(queue);
        String name = signal.replace("SIG", "").replace("usr1", "USR1");
        assertThat(child.kill("KILL")).as("a zombie").isTrue();
        assertThat(child.poll()).isEqualTo(new ExitStatus(-1, name, false));
        assertThat(child.status()).hasToString("killed by SIG" + name);
        assertThat(child.kill("KILL")).as("nobody's number").isFalse();
      }
    }
    assertNoProcesses();
  }

  @Test
  void standardDescriptorsArePipesInTheSameQueue() throws IOException {
    try (ChildProcess child = quiet("cat").input(Redirect.PIPE).output(Redirect.PIPE).start()) {
      queue.register(child.output(), Interest.READABLE, "output");
      Report.none(queue);
      child.input().write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
      assertThat(Report.only(queue)).hasToString("output: readable");
      child.input().close();
      assertThat(text(child.output())).isEqualTo("hello");
      assertThat(end(child).isSuccess()).isTrue();
      assertThatThrownBy(child::errors)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the child has no pipe as its errors: start it with errors(Redirect.PIPE)");
    }
    try (ChildProcess child =
        quiet("sh", "-c", "echo oh >&2").output(Redirect.PIPE).errors(Redirect.OUTPUT).start()) {
      assertThat(text(child.output())).isEqualTo("oh\n");
      assertThat(end(child).isSuccess()).isTrue();
    }
    try (ChildProcess child =
        quiet("printenv", "NAME")
            .clearEnvironment()
            .variable("NAME", "a=b")
            .output(Redirect.PIPE)
            .start()) {
      assertThat(text(child.output())).isEqualTo("a=b\n");
      assertThat(end(child).isSuccess()).isTrue();
    }
  }

  @Test
  void aChildWhoseEndNobodyWaitedForIsReadableAtOnce() throws IOException {
    try (ChildProcess child = quiet("sh", "-c", "echo out").output(Redirect.PIPE).start()) {
      assertThat(text(child.output())).isEqualTo("out\n");
      Ready.await(configuration, child, Interest.READABLE);
      queue.register(child, Interest.READABLE, "late");
      assertThat(Report.only(queue).toString()).startsWith("late: readable");
      assertThat(child.poll()).hasToString("exit code 0");
    }
  }

  @Test
  @Needs(Ability.EDGE)
  void theEndIsAnEdge() throws IOException {
    try (ChildProcess child = quiet("cat").input(Redirect.PIPE).start()) {
      queue.register(child, Interest.READABLE.edge(), "child");
      Report.none(queue);
      child.input().close();
      assertThat(Report.only(queue).toString()).startsWith("child: readable");
      assertThat(child.poll()).isNotNull();
      assertThat(child.poll()).as("Linux may tell that it was reaped, by another edge").isNull();
    }
  }

  @Test
  void manyChildrenEndInOneQueue() throws IOException {
    List<ChildProcess> children = new ArrayList<>();
    try (EventQueue<Integer> numbered = configuration.queue(kernel);
        PipePair gate = PipePair.open(kernel)) {
      kernel.files().setNonBlocking(gate.reader().descriptor().number(), false);
      for (int i = 0; i < MANY; i++) {
        children.add(quiet("cat").input(Redirect.of(gate.reader())).start());
        numbered.register(children.get(i), Interest.READABLE, i);
      }
      gate.writer().close();
      int ended = 0;
      while (ended < MANY) {
        for (int place : Report.attachments(Report.next(numbered))) {
          ChildProcess child = children.get(place);
          assertThat(child.poll()).hasToString("exit code 0");
          child.close();
          ended++;
        }
      }
    } finally {
      children.forEach(ChildProcess::close);
    }
    assertNoProcesses();
  }

  @Test
  void aGroupIsSignalledWhole() throws IOException {
    try (ChildProcess leader = quiet("sleep", "1000").ownGroup().start();
        ChildProcess member = quiet("sleep", "1000").group(leader.number()).start();
        ChildProcess other = quiet("sleep", "1000").start()) {
      assertThat(leader.killGroup("KILL")).isTrue();
      assertThat(end(leader)).hasToString("killed by SIGKILL");
      assertThat(end(member)).hasToString("killed by SIGKILL");
      assertThat(other.poll()).isNull();
      assertThatThrownBy(() -> other.killGroup("KILL"))
          .hasMessage("process " + other.number() + " leads no group: start it with ownGroup()");
      other.kill("KILL");
      end(other);
    }
  }

  @Test
  void aClosedChildRefusesAllAndAnotherMayWatchIt() throws IOException {
    ChildProcess child = quiet("cat").input(Redirect.PIPE).start();
    queue.register(child, Interest.READABLE, "child");
    try (ProcessWatch watch = ProcessWatch.open(kernel, child.number())) {
      assertThat(watch.poll()).isNull();
      child.close();
      child.close();
      assertThat(child.isOpen()).isFalse();
      assertThatThrownBy(child::poll).isInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(() -> child.kill("KILL")).isInstanceOf(ClosedChannelException.class);
      Ready.await(configuration, watch, Interest.READABLE); // its input is at its end
      assertThat(watch.poll()).isEqualTo(ExitStatus.UNKNOWN).hasToString("exit status unknown");
      assertThat(watch.poll()).isNull();
      assertThat(watch.kill("KILL")).isFalse();
    }
    Report.none(queue);
    ChildPrograms.awaitOrphans();
    assertNoProcesses();
  }

  @Test
  void whatIsWrongWithACallIsSaid() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChildProcess.builder(""))
        .withMessage("a program without a name");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChildProcess.builder("true", "a\0b"))
        .withMessage("an argument with a NUL character at 1: the system ends texts by it");
    ChildProcessBuilder builder = quiet("true");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.environment(List.of("A=1", "B")))
        .withMessage("an environment entry 'B': it must be NAME=value");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.variable("A=B", "C"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.withoutVariable(""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.descriptor(2, Redirect.NULL))
        .withMessage(
            "a further descriptor of number 2 for a child: 0 to 2 are input, output and errors");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.descriptor(3, Redirect.PIPE));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.output(Redirect.OUTPUT));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.group(0));
    assertThatIllegalArgumentException().isThrownBy(() -> Redirect.descriptor(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> ProcessWatch.open(kernel, 0));
  }

  @Test
  void aSignalThatIsNotThereIsRefused() throws IOException {
    try (ChildProcess child = quiet("sleep", "1000").start()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> child.kill("NONE"))
          .withMessage(
              kernel.name() + " has no signal NONE; names are as kill -l shows them, such as TERM");
      child.kill("KILL");
      end(child);
    }
  }

  @Test
  void whatTheSystemRefusesIsToldAndLeavesNothing() {
    ChildProcessBuilder builder =
        quiet("sleep", "1000").input(Redirect.PIPE).output(Redirect.PIPE).errors(Redirect.PIPE);
    faults.on(SystemCall.SPAWN).times(1).fail(Errno.EAGAIN);
    assertThatThrownBy(builder::start)
        .hasMessageStartingWith("posix_spawn(program sleep): EAGAIN (");
    faults.on(SystemCall.PIDFD_OPEN).times(1).fail(Errno.EMFILE);
    assertThatThrownBy(builder::start)
        .hasMessageMatching(watchCall() + "\\(process \\d+\\): EMFILE \\(.*");
    faults.on(SystemCall.PIDFD_OPEN).times(1).fail(Errno.ENOSYS);
    assertThatThrownBy(builder::start)
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("pidfd_open(2), Linux 5.3 or later");
    faults.on(SystemCall.SPAWN).times(1).fail(Errno.ENOSYS);
    assertThatThrownBy(builder::start).isInstanceOf(UnsupportedOperationException.class);
    for (int call = 1; call <= 3; call++) {
      faults.on(SystemCall.PIPE).fromCall(call).times(1).fail(Errno.EMFILE);
      assertThatThrownBy(builder::start)
          .hasMessageMatching("pipe2\\(descriptor [012] of sleep\\): EMFILE \\(.*");
    }
    assertThatThrownBy(() -> quiet("no-such-program").start())
        .hasMessageStartingWith(
            "posix_spawn(program no-such-program, which is in no folder of the PATH): ENOENT (");
    assertThatThrownBy(() -> quiet("true").folder("/no-such-folder").start())
        .hasMessageStartingWith("posix_spawn(folder /no-such-folder for program true): ENOENT (");
    assertThatThrownBy(() -> quiet("true").descriptor(9, Redirect.descriptor(999)).start())
        .hasMessageStartingWith("posix_spawn(fd 999, to be the descriptor 9 of true): EBADF (");
    assertNoProcesses();
  }

  @Test
  void aStatusThatSomebodyElseTookIsUnknownAndAnInterruptedCallIsRepeated() throws IOException {
    try (ChildProcess child = quiet("true").start()) {
      faults.on(SystemCall.WAIT).times(3).fail(Errno.EINTR);
      assertThat(end(child)).hasToString("exit code 0");
    }
    try (ChildProcess child = quiet("true").start()) {
      Ready.await(configuration, child, Interest.READABLE);
      assertThat(kernel.processes().reap(child.number())).isZero();
      assertThat(child.poll()).isEqualTo(ExitStatus.UNKNOWN);
    }
  }

  private String watchCall() {
    return kernel.facilities().contains(Facility.KQUEUE) ? "kevent" : "pidfd_open";
  }

  @Test
  void aProcessThatIsNotThereIsTold() {
    assertThatThrownBy(() -> ProcessWatch.open(kernel, 0x3fff_fff0))
        .hasMessage(watchCall() + "(process 1073741808): ESRCH (no such process)");
  }
}
