package dev.selkie.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.source.PipePair;
import dev.selkie.source.PseudoTerminal;
import dev.selkie.source.RawMode;
import dev.selkie.source.StandardInput;
import dev.selkie.source.StandardInput.Kind;
import dev.selkie.source.Terminal;
import dev.selkie.source.Terminal.Keep;
import dev.selkie.source.WindowChanges;
import dev.selkie.source.WindowSize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Descriptor 0, whatever the parent made it: in JVMs of their own, and on simulated hosts. */
final class StandardInputTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir private Path folder;

  // In a JVM of its own

  /** Reads standard input by a queue until its end, and writes what it was. */
  static final class Reading {
    public static void main(String[] arguments) throws IOException {
      try (StandardInput input = StandardInput.open();
          EventQueue<String> queue = EventQueue.open()) {
        queue.register(input, Interest.READABLE, "stdin");
        StringBuilder text = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(100);
        while (true) {
          if (queue.await(DEADLINE).isEmpty()) {
            throw new AssertionError("nothing in " + DEADLINE);
          }
          int n = input.read(buffer.clear());
          if (n == Io.END) {
            break;
          }
          if (n > 0) {
            text.append(UTF_8.decode(buffer.flip()));
          }
        }
        System.out.println(input.kind() + " [" + text.toString().strip() + "]");
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static String read(String redirection) throws IOException, InterruptedException {
    return ChildJvm.run("exec " + redirection, List.of(), Reading.class).strip();
  }

  @Test
  void itIsAFileAndComesToItsEnd() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "contents");
    assertThat(read("< " + file)).isEqualTo("FILE [contents]");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThat(read("< " + empty)).isEqualTo("FILE []");
  }

  @Test
  void itIsTheNullDeviceAndAtItsEnd() throws Exception {
    assertThat(read("< /dev/null")).isEqualTo("DEVICE []");
  }

  @Test
  void itIsAPipe() throws Exception {
    Process child = start(Reading.class, "");
    child.outputWriter(UTF_8).append("first ").flush();
    child.outputWriter(UTF_8).append("second").close();
    assertThat(outputOf(child)).isEqualTo("PIPE [first second]");
  }

  @Test
  void leftClosedByTheParentItIsRefused() throws Exception {
    assertThat(read("<&-"))
        .startsWith("standard input is closed: the program was started without descriptor 0")
        .endsWith("; start it with < /dev/null if it is to have no input");
  }

  private static Process start(Class<?> program, String prefix, String... arguments)
      throws IOException {
    List<String> command = ChildJvm.command(":", List.of(), program.getName(), arguments);
    if (!prefix.isEmpty()) {
      command.addAll(0, List.of(prefix.split(" ")));
    }
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String outputOf(Process child) throws Exception {
    Background<String> output =
        Background.start(() -> new String(child.getInputStream().readAllBytes(), UTF_8).strip());
    if (!child.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
      child.destroyForcibly().waitFor();
      throw new AssertionError("the child hangs: " + output.result());
    }
    return output.result();
  }

  // In a JVM that a terminal controls

  /** Enters raw mode and ends as it is told. */
  static final class Ending {
    public static void main(String[] arguments) throws Exception {
      Terminal terminal = Terminal.of(0);
      WindowChanges changes = terminal.windowChanges();
      RawMode mode = terminal.enterRawMode(Keep.SIGNALS, Keep.OUTPUT);
      System.out.println("raw");
      switch (arguments[0]) {
        case "exit" -> System.exit(3);
        case "exception" -> throw new IllegalStateException("on purpose");
        case "window" -> {
          awaitWindow(changes);
          System.exit(0);
        }
        case "wait" -> {
          try (EventQueue<String> queue = EventQueue.open()) {
            queue.await(DEADLINE);
          }
        }
        default -> mode.close();
      }
      System.out.println("over");
    }

    private static void awaitWindow(WindowChanges changes) throws IOException {
      try (EventQueue<String> queue = EventQueue.open()) {
        queue.register(changes, Interest.READABLE, "window");
        WindowSize size = null;
        while (size == null && !queue.await(DEADLINE).isEmpty()) {
          size = changes.poll();
        }
        System.out.println(size);
      }
    }
  }

  /** Enters raw mode while the JVM ends: its hook comes when the mode is noted but not yet set. */
  static final class EndingMeanwhile extends ForwardingKernel {
    private final AtomicInteger set = new AtomicInteger();

    private EndingMeanwhile() {
      super(Kernel.system());
    }

    @SuppressWarnings("resource") // the end of the JVM is to end raw mode
    public static void main(String[] arguments) throws Exception {
      CountDownLatch entered = new CountDownLatch(1);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> passed(entered)));
      System.out.println("raw");
      try {
        Terminal.of(new EndingMeanwhile(), 0).enterRawMode(Keep.SIGNALS, Keep.OUTPUT);
      } finally {
        entered.countDown();
      }
    }

    private static void passed(CountDownLatch entered) {
      try {
        if (!entered.await(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
          Runtime.getRuntime().halt(1);
        }
      } catch (InterruptedException e) {
        Runtime.getRuntime().halt(1);
      }
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      if (call != SystemCall.TCSETATTR) {
        return super.call(call, descriptor, length, invocation);
      }
      if (set.compareAndSet(0, 1)) {
        Thread.ofPlatform().start(() -> System.exit(0));
        awaitHook();
        return super.call(call, descriptor, length, invocation);
      }
      long result = super.call(call, descriptor, length, invocation);
      set.incrementAndGet();
      return result;
    }

    /** Until it waits for this thread, or has done its work. */
    private void awaitHook() {
      long start = System.nanoTime();
      while (set.get() == 1
          && Thread.getAllStackTraces().keySet().stream()
              .noneMatch(thread ->
                  thread.getName().equals("selkie-terminals")
                      && thread.getState() == Thread.State.BLOCKED)) {
        if (System.nanoTime() - start > DEADLINE.toNanos()) {
          Runtime.getRuntime().halt(1);
        }
        Thread.onSpinWait();
      }
    }
  }

  private String onTerminal(String ending, String untilText, Typed typed) throws Exception {
    return onTerminal(Ending.class, ending, untilText, typed);
  }

  /** Runs a program on a terminal of its own, which is its controlling one, setsid(1). */
  private String onTerminal(Class<?> program, String ending, String untilText, Typed typed)
      throws Exception {
    try (PseudoTerminal pair = PseudoTerminal.open()) {
      Path path = pair.slave().path();
      List<String> command = ChildJvm.command(":", List.of(), program.getName(), ending);
      command.addAll(0, List.of("setsid", "--ctty", "--wait"));
      Process child =
          new ProcessBuilder(command)
              .redirectInput(path.toFile())
              .redirectOutput(path.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      StringBuilder text = new StringBuilder();
      await(pair.master(), text, untilText);
      typed.type(pair);
      if (!child.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
        child.destroyForcibly().waitFor();
        throw new AssertionError("the child hangs: " + text);
      }
      pair.master().write(ByteBuffer.wrap("line\r".getBytes(UTF_8)));
      await(pair.master(), text, "line\r\n"); // the echo of a terminal that was restored
      ByteBuffer line = ByteBuffer.allocate(10);
      Ready.await(Configurations.all().getFirst(), pair.slave(), Interest.READABLE);
      assertThat(pair.slave().read(line)).isEqualTo(5);
      return text.toString();
    }
  }

  private interface Typed {
    void type(PseudoTerminal pair) throws IOException;
  }

  private static void await(Terminal terminal, StringBuilder text, String end) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1000);
    while (text.indexOf(end) < 0) {
      Ready.await(Configurations.all().getFirst(), terminal, Interest.READABLE);
      if (terminal.read(buffer.clear()) > 0) {
        text.append(UTF_8.decode(buffer.flip()));
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX) // for setsid --ctty
  void aTerminalIsRestoredHoweverTheProgramEnds() throws Exception {
    assertThat(onTerminal("close", "raw", _ -> {})).contains("over");
    assertThat(onTerminal("exit", "raw", _ -> {})).doesNotContain("over");
    assertThat(onTerminal("exception", "raw", _ -> {})).doesNotContain("over");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aTerminalIsRestoredIfTheProgramEndsWhileItEntersRawMode() throws Exception {
    assertThat(onTerminal(EndingMeanwhile.class, "", "raw", _ -> {})).contains("raw");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aTerminalIsRestoredAfterCtrlC() throws Exception {
    assertThat(
            onTerminal("wait", "raw", pair -> pair.master().write(ByteBuffer.wrap(new byte[] {3}))))
        .doesNotContain("over");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aChangeOfTheWindowIsAnEvent() throws Exception {
    assertThat(
            onTerminal(
                "window", "raw", pair -> pair.master().setWindowSize(new WindowSize(33, 120))))
        .contains("WindowSize[rows=33, columns=120]");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void itIsATerminal() throws Exception {
    try (PseudoTerminal pair = PseudoTerminal.open()) {
      List<String> command = ChildJvm.command(":", List.of(), Reading.class.getName());
      Process child =
          new ProcessBuilder(command)
              .redirectInput(pair.slave().path().toFile())
              .redirectErrorStream(true)
              .start();
      pair.master().write(ByteBuffer.wrap("typed\n\4".getBytes(UTF_8)));
      assertThat(outputOf(child)).isEqualTo("TERMINAL [typed]");
    }
  }

  // On a simulated host

  private final SimulatedKernel kernel = SimulatedKernel.stepping();

  private void redirect(int from) {
    assertThat(kernel.files().duplicateTo(from, 0)).isZero();
  }

  @Test
  void onAHostItIsTheNullDeviceAtFirst() throws IOException {
    try (StandardInput input = StandardInput.open(kernel)) {
      assertThat(input.kind()).isEqualTo(Kind.DEVICE);
      assertThat(Bytes.read(input, 10)).isEqualTo(Io.END);
      assertThat(input).hasToString("StandardInput fd 0");
    }
    assertThat(kernel.files().isNonBlocking(0)).as("open still").isNotNegative();
  }

  /** A read of a blocking pipe would wait for ever; a simulated one says that it would. */
  @Test
  void aPipeInBlockingModeIsAskedFirstAndLeftSo() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      redirect(pipe.reader().descriptor().number());
      kernel.files().setNonBlocking(0, false);
      try (StandardInput input = StandardInput.open(kernel)) {
        assertThat(input.kind()).isEqualTo(Kind.PIPE);
        assertThat(Bytes.read(input, 10)).isEqualTo(Io.NOT_READY);
        Bytes.send(pipe.writer(), 3);
        assertThat(input.available()).isEqualTo(3);
        assertThat(input.read(MemorySegment.ofArray(new byte[2]))).isEqualTo(2);
        assertThat(input.read(ByteBuffer.allocate(1), ByteBuffer.allocate(1))).isEqualTo(1);
        pipe.writer().close();
        assertThat(Bytes.read(input, 10)).isEqualTo(Io.END);
      }
      assertThat(kernel.files().isNonBlocking(0)).isZero();
    }
  }

  @Test
  void onAHostItMayBeATerminalWhoseWindowChanges() throws IOException {
    try (PseudoTerminal pair = PseudoTerminal.open(kernel)) {
      redirect(pair.slave().descriptor().number());
      try (StandardInput input = StandardInput.open(kernel)) {
        assertThat(input.kind()).isEqualTo(Kind.TERMINAL);
      }
      try (Terminal terminal = Terminal.of(kernel, 0);
          WindowChanges changes = terminal.windowChanges()) {
        assertThat(changes.poll()).isNull();
        pair.master().setWindowSize(new WindowSize(24, 80));
        kernel.signal("WINCH");
        kernel.signal("WINCH");
        assertThat(changes.poll()).isEqualTo(new WindowSize(24, 80));
        assertThat(changes.poll()).isNull();
        kernel.signal("WINCH");
        assertThat(changes.poll()).as("the same as before").isNull();
        assertThat(changes).hasToString("WindowChanges of Terminal fd 0");
      }
    }
  }

  @Test
  void closedItIsRefusedByName() {
    kernel.files().close(0);
    assertThatThrownBy(() -> StandardInput.open(kernel))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "standard input is closed: the program was started without descriptor 0; start it with"
                + " < /dev/null if it is to have no input");
  }
}
