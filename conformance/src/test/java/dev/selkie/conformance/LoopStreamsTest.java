package dev.selkie.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Datagrams;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Input;
import dev.selkie.runtime.Output;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import dev.selkie.source.Fifo;
import dev.selkie.source.PipeWriter;
import dev.selkie.source.PseudoTerminal;
import dev.selkie.source.WindowSize;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Terminals, FIFOs and datagrams of a host on an event loop, in each style. */
@LoopContract
final class LoopStreamsTest extends LoopCases {
  @TempDir private Path folder;

  LoopStreamsTest(Configuration configuration) {
    super(configuration);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  private static String text(ByteBuffer read) {
    return UTF_8.decode(read.flip()).toString();
  }

  /** A terminal gives a line a read, however many lines there are and however large the buffer. */
  @Test
  void linesOfATerminalAreReadByFutureTaskAndFiber() throws Exception {
    EventLoop loop = startedMounting();
    PseudoTerminal pair = PseudoTerminal.open(kernel);
    Connection program = loop.attach(pair.slave());
    pair.master().write(bytes("one\ntwo\nthree\n"));
    ByteBuffer line = ByteBuffer.allocate(100);
    assertThat(result(program.input().readAsync(line))).isEqualTo(4);
    assertThat(text(line)).isEqualTo("one\n");
    assertThat(result(loop.run(Task.read(program.input(), line.clear())))).isEqualTo(4);
    assertThat(text(line)).isEqualTo("two\n");
    assertThat(result(loop.fiber(() -> program.read(line.clear())))).isEqualTo(6);
    assertThat(text(line)).isEqualTo("three\n");
    program.close();
    pair.close();
    assertThat(faults).isEmpty();
  }

  @Test
  void aTerminalAndItsWindowAreReadByACallback() throws Exception {
    EventLoop loop = started();
    PseudoTerminal pair = PseudoTerminal.open(kernel);
    List<String> lines = new CopyOnWriteArrayList<>();
    loop.watch(
        pair.slave(),
        Interest.READABLE,
        (terminal, _) -> {
          ByteBuffer line = ByteBuffer.allocate(100);
          if (terminal.read(line) != Io.NOT_READY) {
            lines.add(text(line));
          }
        });
    Incoming<WindowSize> sizes = loop.attach(pair.slave().windowChanges());
    CompletableFuture<WindowSize> changed = sizes.takeAsync();
    pair.master().write(bytes("one\ntwo\n"));
    holds("two lines", () -> lines.size() == 2);
    pair.master().setWindowSize(new WindowSize(30, 90));
    Kill.self(kernel, "WINCH", 1);
    assertThat(result(changed)).isEqualTo(new WindowSize(30, 90));
    sizes.close();
    pair.close();
    assertThat(lines).containsExactly("one\n", "two\n");
    assertThat(faults).isEmpty();
  }

  @Test
  void bothEndsOfAFifoComeToFutureTaskAndFiber() throws Exception {
    EventLoop loop = startedMounting();
    Path path = (configuration.isMachine() ? folder : Path.of("/tmp")).resolve("fifo");
    Fifo fifo = new Fifo(kernel, path).make(0600);
    Incoming<PipeWriter> opening = loop.attach(fifo.openingWriter(Ready.DEADLINE));
    CompletableFuture<PipeWriter> opened = opening.takeAsync();
    Input reader = loop.attach(fifo.openReader());
    Output writer = loop.attach(result(opened));
    opening.close();
    ByteBuffer target = ByteBuffer.allocate(3);
    CompletableFuture<Integer> byFuture = reader.readFullyAsync(target);
    assertThat(result(writer.writeFullyAsync(bytes("abc")))).isEqualTo(3);
    assertThat(result(byFuture)).isEqualTo(3);
    CompletableFuture<Integer> byTask = loop.run(Task.read(reader, target.clear()));
    assertThat(result(loop.run(Task.write(writer, bytes("def"))))).isNull();
    assertThat(result(byTask)).isEqualTo(3);
    assertThat(
            result(
                loop.fiber(() -> {
                  writer.writeFully(bytes("ghi"));
                  writer.close();
                  reader.readFully(target.clear());
                  return reader.read(ByteBuffer.allocate(1));
                })))
        .isEqualTo(Io.END);
    assertThat(text(target)).isEqualTo("ghi");
    reader.close();
    fifo.delete();
    assertThat(faults).isEmpty();
  }

  @Test
  void datagramsOfAHostComeInEveryStyle() throws Exception {
    EventLoop loop = startedMounting();
    UnixDatagramSocket.Pair pair = UnixDatagramSocket.pair(kernel);
    Datagrams one = loop.attach(pair.one());
    Datagrams other = loop.attach(pair.other());
    ByteBuffer target = ByteBuffer.allocate(10);
    CompletableFuture<Integer> byFuture = other.receiveAsync(target);
    assertThat(result(one.sendAsync(bytes("ab")))).isEqualTo(2);
    assertThat(result(byFuture)).isEqualTo(2);
    CompletableFuture<Integer> byTask = loop.run(receiving(other, target.clear()));
    assertThat(result(one.sendAsync(bytes("cde")))).isEqualTo(3);
    assertThat(result(byTask)).isEqualTo(3);
    assertThat(
            result(
                loop.fiber(() -> {
                  one.send(bytes("fghi"));
                  return other.receive(target.clear());
                })))
        .isEqualTo(4);
    assertThat(text(target)).isEqualTo("fghi");
    one.close();
    other.close();

    UnixDatagramSocket.Pair watched = UnixDatagramSocket.pair(kernel);
    List<Integer> lengths = new CopyOnWriteArrayList<>();
    loop.watch(
        watched.other(),
        Interest.READABLE,
        (socket, _) -> {
          int length = socket.receive(ByteBuffer.allocate(10));
          if (length != Io.NOT_READY) {
            lengths.add(length);
          }
        });
    watched.one().send(bytes("abc"));
    watched.one().send(bytes(""));
    holds("both datagrams", () -> lengths.size() == 2);
    watched.close();
    assertThat(lengths).containsExactly(3, 0);
    assertThat(faults).isEmpty();
  }

  private static Task<Integer> receiving(Datagrams datagrams, ByteBuffer target) {
    return waker -> {
      int n = datagrams.pollReceive(target, waker);
      return n == Io.NOT_READY ? Poll.pending() : Poll.ready(n);
    };
  }
}
