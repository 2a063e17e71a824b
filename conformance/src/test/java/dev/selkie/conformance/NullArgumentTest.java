package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.DatagramBatch;
import dev.selkie.Envelope;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.Membership;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.net.UdpOption;
import dev.selkie.net.UdpSocket;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ChildProcessBuilder;
import dev.selkie.source.Fifo;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import dev.selkie.source.ProcessWatch;
import dev.selkie.source.PseudoTerminal;
import dev.selkie.source.RawSource;
import dev.selkie.source.Redirect;
import dev.selkie.source.SignalEvent;
import dev.selkie.source.SignalSource;
import dev.selkie.source.Splice;
import dev.selkie.source.StandardInput;
import dev.selkie.source.Terminal;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A null argument is refused by the parameter's name, and nothing is left behind. */
final class NullArgumentTest {
  private final SimulatedKernel kernel = SimulatedKernel.threaded();

  private static void refused(String name, ThrowingCallable call) {
    assertThatNullPointerException().as(name).isThrownBy(call).withMessage(name);
  }

  @Test
  void byTheQueue() throws IOException {
    try (EventQueue<String> queue = EventQueue.open(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      Registration<String> registration =
          queue.register(pipe.reader(), Interest.READABLE, "attachment");
      refused("source", () -> queue.register(null, Interest.READABLE, "a"));
      refused("interest", () -> queue.register(pipe.writer(), null, "a"));
      refused("attachment", () -> queue.register(pipe.writer(), Interest.READABLE, null));
      refused("timeout", () -> queue.await(null));
      refused("interest", () -> queue.supports(null));
      refused("interest", () -> registration.modify(null));
      refused("attachment", () -> registration.modify(Interest.NONE, null));
      refused("other", () -> Interest.READABLE.and(null));
      refused("kernel", () -> EventQueue.open(null));
      refused("name", () -> EventQueue.builder().backend(null));
    }
  }

  @Test
  void bySources() throws IOException {
    refused("kernel", () -> TcpStream.connect(null, TcpPair.loopback()));
    refused("address", () -> TcpStream.connect(kernel, null));
    refused("address", () -> TcpStream.connect((SocketAddress) null));
    refused("address", () -> TcpStream.builder().bind(null));
    refused("option", () -> TcpStream.builder().set(null, true));
    refused("value", () -> TcpStream.builder().set(TcpOption.NODELAY, null));
    refused("kernel", () -> TcpListener.bind(null, TcpPair.loopback()));
    refused("address", () -> TcpListener.bind(kernel, null));
    refused("option", () -> TcpListener.builder().set(null, true));
    refused("kernel", () -> TcpStream.adopt(null, 1));
    refused("kernel", () -> TcpListener.adopt(null, 1));
    refused("kernel", () -> PipePair.open(null));
    refused("kernel", () -> PipeReader.adopt(null, 1));
    refused("kernel", () -> PipeWriter.adopt(null, 1));
    refused("kernel", () -> RawSource.own(null, 1));
    refused("kernel", () -> RawSource.borrow(null, 1));
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream stream = TcpStream.connect(kernel, listener.localAddress())) {
      refused("option", () -> stream.set(null, true));
      refused("value", () -> stream.set(TcpOption.NODELAY, null));
      refused("option", () -> stream.get(null));
      refused("option", () -> listener.get(null));
      refused("target", () -> stream.peek(null));
      refuseBuffers(stream, stream);
    }
    try (PipePair pipe = PipePair.open(kernel)) {
      refuseBuffers(pipe.reader(), pipe.writer());
    }
  }

  @Test
  void byFifosAndTerminals() throws IOException {
    Path path = Path.of("/tmp/fifo");
    refused("kernel", () -> new Fifo(null, path));
    refused("path", () -> new Fifo(kernel, null));
    refused("kernel", () -> StandardInput.open(null));
    refused("kernel", () -> PseudoTerminal.open(null));
    refused("kernel", () -> Terminal.of(null, 0));
    refused("kernel", () -> Terminal.adopt(null, 0));
    refused("kernel", () -> Terminal.isTerminal(null, 0));
    refused("kernel", () -> Terminal.open(null, path));
    try (PseudoTerminal terminal = PseudoTerminal.open(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      refused("path", () -> Terminal.open(kernel, null));
      refused("size", () -> terminal.slave().setWindowSize(null));
      refused("an element of kept", () -> terminal.slave().enterRawMode((Terminal.Keep) null));
      refused("from", () -> Splice.between(null, pipe.writer()));
      refused("to", () -> Splice.between(pipe.reader(), null));
      refuseBuffers(terminal.slave(), terminal.slave());
    }
  }

  @Test
  void byTimers() throws IOException {
    refused("kernel", () -> IntervalTimer.open(null));
    refused("kernel", () -> IntervalTimer.after(null, Duration.ZERO));
    refused("kernel", () -> IntervalTimer.adopt(null, 1));
    refused("delay", () -> IntervalTimer.after(kernel, null));
    refused("interval", () -> IntervalTimer.every(kernel, null));
    refused("time", () -> IntervalTimer.at(kernel, null));
    refused("time", () -> kernel.setTimeOfDay(null));
    try (IntervalTimer timer = IntervalTimer.open(kernel)) {
      refused("first", () -> timer.startEvery(null, Duration.ZERO));
      refused("interval", () -> timer.startEvery(Duration.ZERO, null));
      refused("first", () -> timer.startAt(null, Duration.ZERO));
      refused("interval", () -> timer.startAt(Instant.EPOCH, null));
    }
    assertThat(kernel.openDescriptors()).isEmpty();
  }

  @Test
  void bySignals() {
    refused("kernel", () -> SignalSource.of((Kernel) null, "HUP"));
    refused("names", () -> SignalSource.of(kernel, (String[]) null));
    refused("an element of names", () -> SignalSource.of(kernel, "HUP", null));
    refused("name", () -> new SignalEvent(null, 1));
    refused("name", () -> kernel.signal(null));
    refused("name", () -> kernel.signal(null, Duration.ZERO));
    refused("delay", () -> kernel.signal("HUP", null));
    assertThat(kernel.openDescriptors()).isEmpty();
  }

  @Test
  void byProcesses() throws IOException {
    kernel.program("sleep", _ -> {});
    refused("name", () -> kernel.program(null, _ -> {}));
    refused("program", () -> kernel.program("sleep", null));
    refused("program", () -> kernel.startProcess("sleep", null));
    refused("kernel", () -> ProcessWatch.open(null, 1));
    refused("kernel", () -> ProcessWatch.of(null, null));
    refused("process", () -> ProcessWatch.of(kernel, null));
    refused("source", () -> Redirect.of(null));
    refused("path", () -> Redirect.file(null));
    refused("path", () -> Redirect.append(null));
    refused("program", () -> ChildProcess.builder(null));
    refused("arguments", () -> ChildProcess.builder("sleep", (String[]) null));
    refused("argument", () -> ChildProcess.builder("sleep", "1", null));
    ChildProcessBuilder builder = ChildProcess.builder("sleep");
    refused("kernel", () -> builder.kernel(null));
    refused("argument", () -> builder.argument(null));
    refused("name", () -> builder.name(null));
    refused("entries", () -> builder.environment(null));
    refused("name", () -> builder.variable(null, ""));
    refused("value", () -> builder.variable("A", null));
    refused("path", () -> builder.folder(null));
    refused("redirect", () -> builder.output(null));
    refused("redirect", () -> builder.descriptor(3, (Redirect) null));
    try (ChildProcess child = builder.kernel(kernel).start()) {
      refused("signal", () -> child.kill(null));
    }
    assertThat(kernel.openDescriptors()).isEmpty();
  }

  @Test
  void byDatagramSources() throws IOException {
    refused("kernel", () -> UdpSocket.bind(null, TcpPair.loopback()));
    refused("kernel", () -> UdpSocket.adopt(null, 1));
    refused("address", () -> UdpSocket.bind(kernel, null));
    refused("address", () -> UdpSocket.connect(kernel, null));
    refused("option", () -> UdpSocket.builder().set(null, true));
    refused("value", () -> UdpSocket.builder().set(UdpOption.BROADCAST, null));
    try (UdpSocket socket = UdpSocket.bind(kernel, TcpPair.loopback())) {
      ByteBuffer buffer = ByteBuffer.allocate(1);
      refused("address", () -> socket.connectTo(null));
      refused("target", () -> socket.receive((ByteBuffer) null));
      refused("target", () -> socket.receive(null, new Envelope()));
      refused("envelope", () -> socket.receive(buffer, null));
      refused("source", () -> socket.send((ByteBuffer) null));
      refused("batch", () -> socket.receive((DatagramBatch) null));
      refused("batch", () -> socket.send((DatagramBatch) null));
      refused("group", () -> Membership.of(null));
      refused("name", () -> socket.multicastInterface(null));
      refused("envelope", () -> socket.send(buffer, (Envelope) null));
      refused("address", () -> socket.send(buffer, (SocketAddress) null));
      refused("option", () -> socket.get(null));
    }
  }

  private static void refuseBuffers(ByteInput input, ByteOutput output) {
    ByteBuffer[] holed = {ByteBuffer.allocate(1), null};
    refused("target", () -> input.read((ByteBuffer) null));
    refused("target", () -> input.read((MemorySegment) null));
    refused("targets", () -> input.read((ByteBuffer[]) null));
    refused("targets", () -> input.read(null, 0, 0));
    refused("an element of targets", () -> input.read(holed));
    refused("source", () -> output.write((ByteBuffer) null));
    refused("source", () -> output.write((MemorySegment) null));
    refused("sources", () -> output.write((ByteBuffer[]) null));
    refused("sources", () -> output.write(null, 0, 0));
    refused("an element of sources", () -> output.write(holed));
  }

  @Test
  void byKernels() {
    refused("kernel", () -> Kernel.where(null));
    refused("delegate", () -> new CountingKernel(null));
    refused("delegate", () -> new FaultyKernel(null));
    refused("call", () -> new CountingKernel(kernel).count(null));
    FaultyKernel faulty = new FaultyKernel(kernel);
    refused("call", () -> faulty.on(null));
    refused("descriptors", () -> faulty.on(SystemCall.SEND).where(null));
    refused("errno", () -> faulty.on(SystemCall.SEND).fail(null));
    refused("errno", () -> faulty.on(SystemCall.SEND).failAfter(null));
  }
}
