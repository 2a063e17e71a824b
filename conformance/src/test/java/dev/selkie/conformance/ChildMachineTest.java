package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ChildProcessBuilder;
import dev.selkie.source.ExitStatus;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import dev.selkie.source.ProcessWatch;
import dev.selkie.source.Redirect;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Children of this machine: what they inherit, how they end, and how many there can be. */
@Timeout(60)
final class ChildMachineTest {
  private static final Duration DEADLINE = Ready.DEADLINE;
  private static final int MANY = 2_000;
  private static final int FEW = 10;

  private final Kernel kernel = Kernel.system();

  private static ChildProcessBuilder quiet(String program, String... arguments) {
    return ChildProcess.builder(program, arguments)
        .input(Redirect.NULL)
        .output(Redirect.NULL)
        .errors(Redirect.NULL);
  }

  private static ChildProcessBuilder shell(String script) {
    return quiet("sh", "-c", script);
  }

  /** Waits for the end of a child. */
  private static ExitStatus end(ChildProcess child) throws IOException {
    try (EventQueue<String> queue = EventQueue.open()) {
      queue.register(child, Interest.READABLE, "child");
      long start = System.nanoTime();
      while (System.nanoTime() - start < DEADLINE.toNanos()) {
        queue.await(DEADLINE);
        ExitStatus status = child.poll();
        if (status != null) {
          return status;
        }
      }
      throw new AssertionError(child + " lives after " + DEADLINE);
    }
  }

  private static String text(PipeReader reader) throws IOException {
    StringBuilder text = new StringBuilder();
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    try (EventQueue<String> queue = EventQueue.open()) {
      queue.register(reader, Interest.READABLE, "output");
      while (true) {
        int n = reader.read(buffer.clear());
        if (n < 0 && n == Io.END) {
          return text.toString();
        }
        if (n < 0) {
          assertThat(queue.await(DEADLINE).isEmpty()).isFalse();
          continue;
        }
        text.append(StandardCharsets.UTF_8.decode(buffer.flip()));
      }
    }
  }

  /** Runs a child to its end: what it wrote to standard output. */
  private static String output(ChildProcessBuilder builder) throws IOException {
    try (ChildProcess child = builder.output(Redirect.PIPE).start()) {
      String text = text(child.output());
      assertThat(end(child)).hasToString("exit code 0");
      return text;
    }
  }

  private static List<Long> children() {
    return ProcessHandle.current().children().map(ProcessHandle::pid).toList();
  }

  @Test
  void aChildEndsWithACodeOrByASignal() throws IOException {
    try (ChildProcess child = shell("exit 3").start()) {
      assertThat(end(child)).isEqualTo(new ExitStatus(3, null, false));
      assertThat(child.status()).hasToString("exit code 3");
      assertThat(child.poll()).isNull();
      assertThat(child.kill("TERM")).isFalse();
    }
    try (ChildProcess child = quiet("sleep", "1000").start()) {
      assertThat(child.poll()).isNull();
      assertThat(child.kill("SIGTERM")).isTrue();
      assertThat(end(child)).isEqualTo(new ExitStatus(-1, "TERM", false));
    }
  }

  @Test
  void whatItIsGivenIsWhatItHas() throws IOException {
    ChildProcessBuilder printing =
        shell("printf '%s|' \"$0\" \"$@\" \"$PWD\" \"$GREETING\" \"${HOME-none}\"")
            .argument("zero")
            .argument("two words")
            .folder("/proc")
            .variable("GREETING", "h\u00e9llo")
            .withoutVariable("HOME");
    assertThat(output(printing)).isEqualTo("zero|two words|/proc|h\u00e9llo|none|");
    assertThat(output(quiet("env").environment(List.of("A=1", "B=x=y")))).isEqualTo("A=1\nB=x=y\n");
    assertThat(output(quiet("env").clearEnvironment())).isEmpty();
  }

  @Test
  void standardDescriptorsAreSources() throws IOException {
    try (ChildProcess child =
        shell("cat; echo done >&2")
            .input(Redirect.PIPE)
            .output(Redirect.PIPE)
            .errors(Redirect.PIPE)
            .start()) {
      PipeWriter input = child.input();
      input.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
      input.close();
      assertThat(text(child.output())).isEqualTo("hello");
      assertThat(text(child.errors())).isEqualTo("done\n");
      assertThat(end(child).isSuccess()).isTrue();
    }
    assertThat(output(shell("echo one; echo two >&2").errors(Redirect.OUTPUT)))
        .isEqualTo("one\ntwo\n");
  }

  @Test
  void aChildHasItsDescriptorsAndNoOther(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "text");
    // What the JDK opens is not close-on-exec.
    try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "r");
        ServerSocket socket = new ServerSocket(0);
        PipePair pipe = PipePair.open();
        PipePair other = PipePair.open()) {
      assertThat(opened.read()).isEqualTo('t');
      assertThat(socket.isBound()).isTrue();
      int low = pipe.reader().descriptor().number();
      assertThat(output(quiet("ls", "/proc/self/fd"))).isEqualTo("0\n1\n2\n3\n"); // 3 is ls's own
      String listing =
          output(
              quiet("ls", "/proc/self/fd")
                  .descriptor(9, pipe.reader())
                  .descriptor(low, other.writer())
                  .descriptor(30, Redirect.descriptor(low)));
      assertThat(listing.lines())
          .contains("0", "1", "2", "9", Integer.toString(low), "30")
          .hasSize(7);
      List<String> swapped =
          output(
                  quiet("readlink", "/proc/self/fd/" + low, "/proc/self/fd/9")
                      .descriptor(9, Redirect.descriptor(low))
                      .descriptor(low, other.writer()))
              .lines()
              .toList();
      assertThat(swapped.get(0)).isNotEqualTo(swapped.get(1)).startsWith("pipe:");
    }
  }

  @Test
  void filesAreReadWrittenAndAppendedTo(@TempDir Path folder) throws IOException {
    Path in = Files.writeString(folder.resolve("in"), "text");
    String out = folder.resolve("out").toString();
    for (Redirect target : List.of(Redirect.file(out), Redirect.append(out))) {
      try (ChildProcess child =
          quiet("cat").input(Redirect.file(in.toString())).output(target).start()) {
        assertThat(end(child).isSuccess()).isTrue();
      }
    }
    assertThat(Path.of(out)).hasContent("texttext");
  }

  @Test
  void signalsThatTheJvmIgnoresOrBlocksAreNotSoInAChild() throws IOException {
    String state = output(quiet("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"));
    assertThat(state.lines()).hasSize(2).allMatch(line -> line.endsWith("\t0000000000000000"));
  }

  @Test
  void aGroupIsKilledWholeAlsoAfterItsLeader() throws IOException {
    try (ChildProcess child =
        shell("sleep 1000 & sleep 1000 & echo up; read line")
            .ownGroup()
            .input(Redirect.PIPE)
            .output(Redirect.PIPE)
            .start()) {
      ByteBuffer up = ByteBuffer.allocate(3);
      while (up.hasRemaining()) {
        child.output().read(up);
      }
      child.input().close();
      assertThat(end(child).isKnown()).isTrue();
      try (ChildProcess member = quiet("sleep", "1000").group(child.number()).start()) {
        assertThat(child.killGroup("KILL")).isTrue();
        assertThat(end(member)).hasToString("killed by SIGKILL");
      }
      assertThat(text(child.output())).as("the others hold it open").isEmpty();
      await(() -> !child.killGroup("KILL"));
    }
    try (ChildProcess child = quiet("true").start()) {
      assertThatThrownBy(() -> child.killGroup("TERM"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageEndingWith(" leads no group: start it with ownGroup()");
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException {
    long start = System.nanoTime();
    while (!condition.holds()) {
      assertThat(System.nanoTime() - start).isLessThan(DEADLINE.toNanos());
      Thread.onSpinWait();
    }
  }

  @Test
  void aClosedChildGoesOnAndIsNoZombie() throws IOException {
    int before = threads();
    List<ProcessHandle> handles = new ArrayList<>();
    List<PipeWriter> gates = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      PipePair gate = PipePair.open();
      try (ChildProcess child = shell("read line <&5").descriptor(5, waiting(gate)).start()) {
        handles.add(ProcessHandle.of(child.number()).orElseThrow());
      }
      gate.reader().close();
      gates.add(gate.writer());
    }
    assertThat(handles).allMatch(ProcessHandle::isAlive);
    assertThat(threads() - before).isLessThan(FEW);
    gates.forEach(PipeWriter::close);
    for (ProcessHandle handle : handles) {
      await(() -> !Files.exists(Path.of("/proc/" + handle.pid())));
    }
    ChildPrograms.awaitOrphans();
  }

  private static PipeReader waiting(PipePair pipe) {
    Kernel.system().files().setNonBlocking(pipe.reader().descriptor().number(), false);
    return pipe.reader();
  }

  @Test
  void twoThousandChildrenRunAtOnceWithoutAThreadOrAZombie() throws IOException {
    long limit = kernel.files().descriptorLimit(false);
    int atOnce = limit > 3 * MANY ? MANY : 200;
    int threads = threads();
    List<Long> before = children();
    int ended = 0;
    while (ended < MANY) {
      ended += runAtOnce(Math.min(atOnce, MANY - ended), threads);
    }
    assertThat(before).containsAll(children());
  }

  /** The JDK has one a child, beside those of the machine. */
  private static int threads() {
    return Thread.getAllStackTraces().size();
  }

  private static int runAtOnce(int count, int threads) throws IOException {
    List<ChildProcess> children = new ArrayList<>();
    try (EventQueue<ChildProcess> queue = EventQueue.open();
        PipePair gate = PipePair.open()) {
      ChildProcessBuilder builder = quiet("cat").input(Redirect.of(waiting(gate)));
      for (int i = 0; i < count; i++) {
        ChildProcess child = builder.start();
        children.add(child);
        queue.register(child, Interest.READABLE, child);
      }
      assertThat(queue.await(Duration.ZERO).isEmpty()).as("all live").isTrue();
      assertThat(threads() - threads).isLessThan(FEW);
      gate.writer().close();
      int ended = 0;
      while (ended < count) {
        for (Event<ChildProcess> event : queue.await(DEADLINE)) {
          assertThat(event.attachment().poll()).hasToString("exit code 0");
          event.attachment().close();
          ended++;
        }
      }
      return ended;
    } finally {
      children.forEach(ChildProcess::close);
    }
  }

  /** The issue's 20 ms, of the best of many so that a loaded machine does not count. */
  @Test
  void theEndIsToldWithinTwentyMilliseconds() throws IOException {
    long[] times = new long[15];
    for (int i = 0; i < times.length; i++) {
      try (ChildProcess child = quiet("sleep", "1000").start();
          EventQueue<String> queue = EventQueue.open()) {
        queue.register(child, Interest.READABLE, "child");
        assertThat(queue.await(Duration.ofMillis(1)).isEmpty()).isTrue();
        long start = System.nanoTime();
        child.kill("KILL");
        queue.await(DEADLINE);
        times[i] = System.nanoTime() - start;
        assertThat(child.poll()).isNotNull();
      }
    }
    Arrays.sort(times);
    assertThat(times[2]).isLessThan(Duration.ofMillis(20).toNanos());
  }

  @Test
  void aForeignProcessIsWatched() throws Exception {
    Process process = new ProcessBuilder("cat").start();
    try (ProcessWatch foreign = ProcessWatch.open(process.pid());
        ProcessWatch own = ProcessWatch.of(process)) {
      assertThat(foreign.poll()).isNull();
      assertThat(own.poll()).isNull();
      assertThat(own.kill("KILL")).isTrue();
      for (ProcessWatch watch : List.of(foreign, own)) {
        try (EventQueue<String> queue = EventQueue.open()) {
          queue.register(watch, Interest.READABLE, "watch");
          assertThat(queue.await(DEADLINE).isEmpty()).isFalse();
        }
      }
      assertThat(foreign.poll()).isEqualTo(ExitStatus.UNKNOWN);
      assertThat(own.poll()).hasToString("exit code 137");
      assertThat(own.poll()).isNull();
      assertThat(process.waitFor()).isEqualTo(137);
    }
    try (ProcessWatch late = ProcessWatch.of(process)) {
      assertThat(late.poll()).hasToString("exit code 137");
      assertThat(late.kill("KILL")).isFalse();
    }
    assertThatThrownBy(() -> ProcessWatch.open(process.pid()))
        .hasMessageEndingWith("(process %d): ESRCH (no such process)".formatted(process.pid()));
    assertThatThrownBy(() -> ProcessWatch.open(0)).hasMessage("a process of number 0");
  }

  @Test
  void whatIsWrongIsSaidAndNothingIsLeft(@TempDir Path folder) throws IOException {
    List<Long> before = children();
    Path text = Files.writeString(folder.resolve("text"), "no program");
    Path script =
        Files.createFile(
            folder.resolve("script"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(script, "#!/no/such/interpreter\n");
    Map<ChildProcessBuilder, String> wrong =
        Map.of(
            quiet("no-such-program"),
            "posix_spawn(program no-such-program, which is in no folder of the PATH): ENOENT ",
            quiet("/no/such/program"),
            "posix_spawn(program /no/such/program): ENOENT ",
            quiet(text.toString()),
            "posix_spawn(program " + text + "): EACCES (permission denied)",
            quiet(script.toString()),
            "posix_spawn(program " + script + ", or the interpreter that its first line names): E",
            quiet("true").folder("/no/such/folder"),
            "posix_spawn(folder /no/such/folder for program true): ENOENT ",
            quiet("true").folder(text.toString()),
            "posix_spawn(folder " + text + " for program true): ENOTDIR ",
            quiet("true").descriptor(5, Redirect.descriptor(9_999)),
            "posix_spawn(fd 9999, to be the descriptor 5 of true): EBADF ",
            quiet("true").input(Redirect.file("/no/such/file")),
            "open(/no/such/file, to be the descriptor 0 of true): ENOENT ",
            quiet("true").argument("x".repeat(4_000_000)),
            "posix_spawn(program true with its arguments and environment): E2BIG ");
    for (Map.Entry<ChildProcessBuilder, String> entry : wrong.entrySet()) {
      ChildProcessBuilder builder = entry.getKey().output(Redirect.PIPE);
      assertThatThrownBy(builder::start).hasMessageStartingWith(entry.getValue());
    }
    assertThat(before).containsAll(children());
  }

  /** Notes who takes a status or sends a signal, in order; it holds the first who does. */
  private static final class Noting extends ForwardingKernel {
    private final List<String> callers = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    Noting() {
      super(Kernel.system());
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      if (call == SystemCall.WAIT || call == SystemCall.KILL) {
        callers.add(Thread.currentThread().getName());
        if (held.getCount() > 0) {
          held.countDown();
          pass(goOn);
        }
      }
      return invocation.run(length);
    }
  }

  private static void pass(CountDownLatch latch) {
    try {
      assertThat(latch.await(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts a call that is left alone by a closed child. */
  private static Thread calling(String name, Condition call) {
    return Thread.ofPlatform()
        .name(name)
        .start(() -> {
          try {
            call.holds();
          } catch (ClosedChannelException _) {
            // the close was first
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static boolean waitsForTheChild(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getClassName().endsWith(".BargingLock"));
  }

  /** Once the child is left alone its number is nobody's here, also of calls that began before. */
  @Test
  void noCallUnderWayActsOnAChildThatWasClosed() throws Exception {
    for (int round = 0; round < 2 * FEW; round++) {
      Noting noting = new Noting();
      ChildProcess child = ChildPrograms.quiet(noting, "sleep", "1000").ownGroup().start();
      Thread holder = calling("holder", () -> child.poll() != null);
      pass(noting.held);
      Condition call =
          switch (round % 3) {
            case 0 -> () -> child.poll() != null;
            case 1 -> () -> child.kill("CONT");
            default -> () -> child.killGroup("CONT");
          };
      Thread closer = Thread.ofPlatform().name("closer").start(child::close);
      Thread caller = calling("caller", call);
      await(() -> waitsForTheChild(closer) && waitsForTheChild(caller));
      noting.goOn.countDown();
      for (Thread thread : List.of(holder, closer, caller)) {
        assertThat(thread.join(DEADLINE)).isTrue();
      }
      kernel.processes().kill(child.number(), kernel.signals().number("KILL"));
      ChildPrograms.awaitOrphans();
      assertThat(noting.callers).contains("closer");
      assertThat(noting.callers.lastIndexOf("caller"))
          .as("%s", noting.callers)
          .isLessThan(noting.callers.indexOf("closer"));
    }
  }

  @Test
  void theBytesOfTheEnvironmentArriveWhateverTheCharset() throws Exception {
    String variable = "X=$(printf 'caf\\351 \\303\\251'); export X; ";
    for (String locale : List.of("C", "C.UTF-8")) {
      assertThat(
              ChildJvm.run(
                  variable + "LC_ALL=%s; export LC_ALL".formatted(locale), List.of(), Prints.class))
          .isEqualTo(" 63 61 66 e9 20 c3 a9\n");
    }
  }

  /** As the JVM has it where the locale is one of these; the machines of tests have few. */
  @Test
  void aChildIsStartedWhateverTheCharset() throws Exception {
    String variable = "X=$(printf 'caf\\351'); export X";
    for (String charset : List.of("ISO-8859-15", "EUC-JP", "GBK", "KOI8-R")) {
      assertThat(ChildJvm.run(variable, List.of("-Dsun.jnu.encoding=" + charset), Prints.class))
          .as(charset)
          .isEqualTo(" 63 61 66 e9\n");
    }
  }

  /** Starts a child that prints the bytes of a variable. */
  static final class Prints {
    private Prints() {}

    public static void main(String[] args) throws IOException {
      String script = "printf %s \"$X\" | od -An -tx1";
      try (ChildProcess child =
          ChildProcess.builder("sh", "-c", script)
              .errors(Redirect.NULL)
              .variable("Y", "1")
              .start()) {
        end(child);
      }
    }
  }
}
