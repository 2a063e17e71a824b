package dev.selkie.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.PipePair;
import dev.selkie.source.PseudoTerminal;
import dev.selkie.source.RawMode;
import dev.selkie.source.Terminal;
import dev.selkie.source.Terminal.Keep;
import dev.selkie.source.WindowSize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Terminals: lines and keys, modes and their restoration, the window, the hang-up. */
@Contract
final class TerminalTest extends QueueCases {
  private PseudoTerminal pair;
  private Terminal user;
  private Terminal program;

  TerminalTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void openTerminal() throws IOException {
    pair = PseudoTerminal.open(kernel);
    user = pair.master();
    program = pair.slave();
  }

  @AfterEach
  void closeTerminal() {
    pair.close();
  }

  private static void write(ByteOutput output, String text) throws IOException {
    assertThat(output.write(ByteBuffer.wrap(text.getBytes(UTF_8)))).isEqualTo(text.length());
  }

  /** One read: the text, or what it returned. */
  private static String read(ByteInput input) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(1000);
    int n = input.read(target);
    return n == Io.END ? "end" : n == Io.NOT_READY ? "nothing" : text(target);
  }

  private static String text(ByteBuffer target) {
    return UTF_8.decode(target.flip()).toString();
  }

  /** Reads until so much has come: a terminal hands things on in its own time. */
  private String await(ByteInput input, int length) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      Ready.await(configuration, input, Interest.READABLE);
      String piece = read(input);
      assertThat(piece).as("after %s", text).isNotEqualTo("end");
      text.append(piece.equals("nothing") ? "" : piece);
    }
    return text.toString();
  }

  @Test
  void aLineIsReadableOnceItIsComplete() throws IOException {
    queue.register(program, Interest.READABLE, "program");
    write(user, "one");
    Report.none(queue);
    assertThat(read(program)).isEqualTo("nothing");
    write(user, " line\r");
    assertThat(Report.only(queue)).hasToString("program: readable");
    assertThat(read(program)).isEqualTo("one line\n");
    assertThat(await(user, 10)).as("the echo").isEqualTo("one line\r\n");
    Report.none(queue);
  }

  @Test
  void aReadGivesOneLineAndAReadThatIsTooSmallTheRestLater() throws IOException {
    write(user, "first\nsecond\n");
    Ready.await(configuration, program, Interest.READABLE);
    assertThat(read(program)).isEqualTo("first\n");
    ByteBuffer small = ByteBuffer.allocate(4);
    assertThat(program.read(small)).isEqualTo(4);
    assertThat(text(small)).isEqualTo("seco");
    byte[] rest = new byte[10];
    assertThat(program.read(MemorySegment.ofArray(rest))).isEqualTo(3);
    assertThat(rest).startsWith('n', 'd', '\n');
    assertThat(read(program)).isEqualTo("nothing");
  }

  @Test
  void theKeysOfALineEditItAndEndIt() throws IOException {
    write(user, "worf\177d\n");
    assertThat(await(program, 5)).isEqualTo("word\n");
    write(user, "half\4");
    assertThat(await(program, 4)).isEqualTo("half");
    write(user, "\4");
    Ready.await(configuration, program, Interest.READABLE);
    assertThat(read(program)).isEqualTo("end");
    write(user, "goes on\n");
    assertThat(await(program, 8)).isEqualTo("goes on\n");
  }

  @Test
  void rawModeGivesEachKeyAsItIs() throws IOException {
    try (RawMode _ = program.enterRawMode()) {
      for (String key : new String[] {"a", "\r", "\n", "\3", "\4", "\177", "\33[A"}) {
        write(user, key);
        assertThat(await(program, key.length())).isEqualTo(key);
      }
      write(program, "x\n");
      assertThat(await(user, 2)).as("no echo, and a bare newline").isEqualTo("x\n");
    }
    write(user, "line\r");
    assertThat(await(program, 5)).isEqualTo("line\n");
    assertThat(await(user, 6)).isEqualTo("line\r\n");
  }

  @Test
  void rawModeKeepsWhatItIsAskedTo() throws IOException {
    try (RawMode _ = program.enterRawMode(Keep.OUTPUT)) {
      write(program, "x\n");
      assertThat(await(user, 3)).isEqualTo("x\r\n");
      write(user, "\3");
      assertThat(await(program, 1)).isEqualTo("\3");
    }
    try (RawMode _ = program.enterRawMode(Keep.SIGNALS)) {
      write(user, "\3k");
      assertThat(await(program, 1)).as("the first is a signal").isEqualTo("k");
      write(program, "x\n");
      assertThat(await(user, 2)).endsWith("x\n").doesNotContain("\r");
    }
  }

  @Test
  void theModeIsTheTerminalsAndModesNest() throws IOException {
    RawMode outer = program.enterRawMode();
    RawMode inner = program.enterRawMode(Keep.OUTPUT);
    inner.close();
    inner.close();
    write(program, "\n");
    assertThat(await(user, 1)).as("still raw").isEqualTo("\n");
    outer.close();
    write(program, "\n");
    assertThat(await(user, 2)).isEqualTo("\r\n");
  }

  @Test
  void toCloseATerminalInRawModeRestoresItFirst() throws IOException {
    try (Terminal again = Terminal.open(kernel, program.path())) {
      RawMode left = program.enterRawMode();
      program.close();
      write(user, "line\r");
      assertThat(await(again, 5)).isEqualTo("line\n");
      left.close();
    }
  }

  @Test
  void whatWasTypedBeforeIsThereInRawMode() throws IOException {
    write(user, "half");
    queue.register(program, Interest.READABLE, "program");
    Report.none(queue);
    try (RawMode _ = program.enterRawMode()) {
      assertThat(await(program, 4)).isEqualTo("half");
    }
  }

  @Test
  void theWindowHasASizeThatBothEndsSee() throws IOException {
    assertThat(program.windowSize()).isEqualTo(new WindowSize(0, 0));
    for (WindowSize size :
        new WindowSize[] {
          new WindowSize(24, 80), new WindowSize(65535, 65535), new WindowSize(1, 40_000)
        }) {
      user.setWindowSize(size);
      assertThat(program.windowSize()).isEqualTo(size);
      assertThat(user.windowSize()).isEqualTo(size);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WindowSize(-1, 80))
        .withMessage("a window of -1 rows and 80 columns: each is 0 to 65535");
  }

  @Test
  void whenTheMasterIsClosedTheTerminalIsHungUp() throws IOException {
    queue.register(program, Interest.READABLE, "program");
    RawMode mode = program.enterRawMode();
    user.close();
    Event<String> event = queue.await(Ready.DEADLINE).next();
    assertThat(event.isReadable()).isTrue();
    assertThat(event.isReadClosed()).isTrue();
    assertThat(read(program)).isEqualTo("end");
    assertThat(program.available()).isZero();
    assertThatThrownBy(() -> write(program, "x"))
        .isInstanceOf(SystemCallException.class)
        .hasMessageMatching("write\\(fd \\d+\\): EIO .*");
    assertThatThrownBy(program::windowSize).hasMessageMatching("ioctl\\(TIOCGWINSZ\\)\\(.*EIO.*");
    assertThatThrownBy(mode::close).hasMessageMatching("tcsetattr\\(fd \\d+\\): EIO .*");
    mode.close();
  }

  @Test
  void withoutASlaveTheMasterIsAtItsEndAfterWhatWasWritten() throws IOException {
    queue.register(user, Interest.READABLE, "user");
    write(program, "last words");
    program.close();
    Event<String> event = queue.await(Ready.DEADLINE).next();
    assertThat(event.isReadable()).isTrue();
    assertThat(await(user, 10)).isEqualTo("last words");
    Ready.await(configuration, user, Interest.READABLE);
    assertThat(read(user)).isEqualTo("end");
    assertThat(user.read(MemorySegment.ofArray(new byte[4]))).isEqualTo(Io.END);
    assertThat(user.read(ByteBuffer.allocate(1), ByteBuffer.allocate(1))).isEqualTo(Io.END);
  }

  @Test
  void aTerminalHasAPathByWhichItIsOpenedAgain() throws IOException {
    Path path = program.path();
    assertThat(path.toString()).startsWith("/dev/");
    assertThat(user.path()).isEqualTo(path);
    try (Terminal again = Terminal.open(kernel, path)) {
      program.close();
      write(user, "still\n");
      assertThat(await(again, 6)).isEqualTo("still\n");
      assertThat(again.path()).isEqualTo(path);
    }
  }

  @Test
  void aBorrowedTerminalIsLeftInItsModeAndOpen() throws IOException {
    int number = program.descriptor().number();
    kernel.files().setNonBlocking(number, false);
    try (Terminal borrowed = Terminal.of(kernel, number)) {
      assertThat(read(borrowed)).as("it does not wait").isEqualTo("nothing");
      assertThat(borrowed.read(MemorySegment.ofArray(new byte[1]))).isEqualTo(Io.NOT_READY);
      assertThat(borrowed.read(ByteBuffer.allocate(1), ByteBuffer.allocate(1)))
          .isEqualTo(Io.NOT_READY);
      write(user, "ab\n");
      assertThat(await(borrowed, 3)).isEqualTo("ab\n");
      assertThat(borrowed.write(ByteBuffer.allocate(0), ByteBuffer.wrap(new byte[] {'c'}))).isOne();
      assertThat(borrowed.write(MemorySegment.ofArray(new byte[] {'d'}))).isOne();
      assertThat(await(user, 6)).isEqualTo("ab\r\ncd");
    }
    assertThat(kernel.files().isNonBlocking(number)).isZero();
    assertThat(program.isOpen()).isTrue();
  }

  /** As another program may that has the same open file. */
  @Test
  void aBorrowedTerminalWhoseModeIsChangedDoesNotWait() throws Exception {
    int number = program.descriptor().number();
    try (Terminal borrowed = Terminal.of(kernel, number)) {
      kernel.files().setNonBlocking(number, false);
      String got =
          configuration.isMachine()
              ? Background.start(() -> read(borrowed)).result()
              : read(borrowed);
      assertThat(got).isEqualTo("nothing");
    }
  }

  /** Also when there is some room, and less than for what is written. */
  @Test
  void aBorrowedTerminalThatTakesNoMoreSaysSo() throws Exception {
    int number = program.descriptor().number();
    kernel.files().setNonBlocking(number, false);
    try (Terminal borrowed = Terminal.of(kernel, number)) {
      for (String piece : new String[] {"\n", "ab\tc\r\n", "a long line of many words\n", "-"}) {
        byte[] lines = piece.repeat(1 << 15).getBytes(UTF_8);
        for (int i = 0; i < 200; i++) {
          assertThat(inTime(user, () -> fill(borrowed, lines))).isLessThan(lines.length);
          Ready.await(configuration, user, Interest.READABLE);
          assertThat(Bytes.read(user, 1 + 3 * i)).isPositive();
        }
      }
    }
  }

  private static int fill(Terminal terminal, byte[] bytes) throws IOException {
    ByteBuffer source = ByteBuffer.wrap(bytes);
    while (source.hasRemaining() && terminal.write(source) != Io.NOT_READY) {
      // on
    }
    return source.position();
  }

  @Test
  void aTerminalIsHandedOver() throws IOException {
    int number = user.detach();
    kernel.files().setNonBlocking(number, false);
    assertThatThrownBy(() -> write(user, "x")).isInstanceOf(ClosedChannelException.class);
    try (Terminal taken = Terminal.adopt(kernel, number)) {
      assertThat(taken).hasToString("Terminal fd " + number);
      assertThat(kernel.files().isNonBlocking(number)).isOne();
      assertThat(read(taken)).isEqualTo("nothing");
      write(taken, "line\n");
      assertThat(await(program, 5)).isEqualTo("line\n");
    }
    assertThat(kernel.files().isNonBlocking(number)).as("closed").isNegative();
    try (PipePair pipe = PipePair.open(kernel)) {
      int other = pipe.reader().descriptor().number();
      assertThatThrownBy(() -> Terminal.adopt(kernel, other))
          .hasMessageMatching("tcgetattr\\(fd \\d+\\): ENOTTY .*");
    }
    assertThatThrownBy(() -> Terminal.adopt(kernel, 1 << 20)).hasMessageContaining("EBADF");
  }

  @Test
  void aTerminalIsHandedOverOutOfRawMode() throws IOException {
    RawMode mode = program.enterRawMode();
    try (Terminal taken = Terminal.adopt(kernel, program.detach())) {
      write(user, "line\r");
      assertThat(await(taken, 5)).isEqualTo("line\n");
    }
    mode.close();
  }

  @Test
  void whatIsNoTerminalIsRefusedByName() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      int number = pipe.reader().descriptor().number();
      assertThat(Terminal.isTerminal(kernel, number)).isFalse();
      assertThatThrownBy(() -> Terminal.of(kernel, number))
          .isInstanceOf(SystemCallException.class)
          .hasMessageMatching("tcgetattr\\(fd \\d+\\): ENOTTY .*");
    }
    assertThat(Terminal.isTerminal(kernel, 1 << 20)).isFalse();
    assertThat(Terminal.isTerminal(kernel, program.descriptor().number())).isTrue();
    assertThatThrownBy(() -> Terminal.of(kernel, 1 << 20)).hasMessageContaining("EBADF");
    assertThatThrownBy(() -> Terminal.open(kernel, Path.of("/dev/null")))
        .hasMessageMatching("tcgetattr\\(/dev/null\\): ENOTTY .*");
    assertThatThrownBy(() -> Terminal.open(kernel, Path.of("/dev/missing")))
        .hasMessageMatching("open\\(/dev/missing\\): ENOENT .*");
  }

  @Test
  void aClosedTerminalRefusesAll() {
    pair.close();
    pair.close();
    assertThatThrownBy(() -> read(program)).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> write(user, "x")).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(program::enterRawMode).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(program::windowSize).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(program::path).isInstanceOf(ClosedChannelException.class);
  }

  /** DescriptorLeaks looks after each case what is left. */
  @Test
  void aTerminalThatCannotBeOpenedWhollyLeavesNothing() throws IOException {
    Path path = program.path();
    for (SystemCall call : new SystemCall[] {SystemCall.OPEN, SystemCall.TCGETATTR}) {
      faults.on(call).times(1).fail(Errno.ENOMEM);
      assertThatThrownBy(() -> Terminal.open(kernel, path)).hasMessageContaining("ENOMEM");
      faults.clear();
    }
    for (SystemCall call : new SystemCall[] {SystemCall.FCNTL, SystemCall.TCGETATTR}) {
      faults.on(call).times(1).fail(Errno.ENOMEM);
      assertThatThrownBy(() -> Terminal.of(kernel, program.descriptor().number()))
          .hasMessageContaining("ENOMEM");
      faults.clear();
    }
  }

  @Test
  void whatTheSystemRefusesIsToldAndLeavesNothing() throws IOException {
    faults.on(SystemCall.OPENPT).times(1).fail(Errno.ENOSPC);
    assertThatThrownBy(() -> PseudoTerminal.open(kernel))
        .hasMessageMatching("posix_openpt\\(terminal\\): ENOSPC .*");
    faults.on(SystemCall.TCSETATTR).times(1).fail(Errno.EIO);
    assertThatThrownBy(program::enterRawMode).hasMessageContaining("EIO");
    faults.on(SystemCall.TCSETATTR).times(2).fail(Errno.EINTR);
    program.enterRawMode().close();
    write(program, "\n");
    assertThat(await(user, 2)).isEqualTo("\r\n");
  }
}
