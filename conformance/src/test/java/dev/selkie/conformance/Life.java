package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Envelope;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Registration;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.net.UdpSocket;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import dev.selkie.source.RawSource;
import dev.selkie.source.SignalSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * What a program does in its life with a queue: a TCP connection from its making to its end, a
 * pipe, a descriptor of its own, options, a nested queue, wakes; more seldom an urgent byte, an
 * adopted source, a reset, a registration that outlives its descriptor. Every step that is not
 * ready waits for the queue, until a deadline.
 */
final class Life {
  private static final int MESSAGE = 40;

  private static final int REBUILD_WAITS = 60;
  private static final byte URGENT = 7;

  private static final Duration SHORT = Duration.ofMillis(20);

  /** A lost event costs one of these. */
  private static final Duration STEP = Duration.ofMillis(500);

  private static final long DEADLINE_NANOS = 4_000_000_000L;

  private final Configuration configuration;
  private final Kernel kernel;
  private final long start = System.nanoTime();

  Life(Configuration configuration, Kernel kernel) {
    this.configuration = configuration;
    this.kernel = kernel;
  }

  /** Lives, or fails with the error that it met. */
  void live() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      connection(queue);
      pipe(queue);
      raw(queue);
      timer(queue);
      signals(queue);
      wakes(queue);
      seldom(queue);
      rebuild(queue);
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private void until(EventQueue<String> queue, String what, Condition condition)
      throws IOException {
    until(queue, what, STEP, condition);
  }

  private void until(EventQueue<String> queue, String what, Duration step, Condition condition)
      throws IOException {
    while (!condition.holds()) {
      assertThat(System.nanoTime() - start).as("%s in time", what).isLessThan(DEADLINE_NANOS);
      queue.await(step);
    }
  }

  private void connection(EventQueue<String> queue) throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream client =
            TcpStream.builder()
                .kernel(kernel)
                .set(TcpOption.NODELAY, true)
                .connect(listener.localAddress())) {
      queue.register(listener, Interest.READABLE, "listener");
      TcpStream[] accepted = new TcpStream[1];
      until(queue, "a connection", () -> (accepted[0] = listener.accept()) != null);
      try (TcpStream server = accepted[0]) {
        Registration<String> connecting = queue.register(client, Interest.WRITABLE, "client");
        until(queue, "the client's end of it", client::finishConnect);
        connecting.cancel();
        exchange(queue, client, server);
      }
    }
  }

  private void exchange(EventQueue<String> queue, TcpStream client, TcpStream server)
      throws IOException {
    server.set(TcpOption.KEEPALIVE, true);
    assertThat(server.get(TcpOption.KEEPALIVE)).isTrue();
    Registration<String> serving = queue.register(server, Interest.READABLE.oneShot(), "server");
    send(queue, client);
    receive(queue, serving, server);
    serving.modify(Interest.READABLE);
    Registration<String> asking = queue.register(client, Interest.READABLE, "client");
    sendVectored(queue, server);
    receive(queue, asking, client);
    client.shutdownOutput();
    client.close(); // where the half-close failed softly, the end of file comes so
    receiveEnd(queue, serving, server);
  }

  /** What a program does more seldom: adopted sources, urgent bytes, a peek, a reset. */
  private void seldom(EventQueue<String> queue) throws IOException {
    checked("getaddrinfo", kernel.names().resolve("127.0.0.1", _ -> {}));
    TcpListener bound = TcpListener.bind(kernel, TcpPair.loopback());
    try (TcpListener listener = adopted(bound.detach(), TcpListener::adopt);
        TcpStream client = TcpStream.connect(kernel, listener.localAddress())) {
      queue.register(listener, Interest.READABLE, "adopted listener");
      TcpStream[] accepted = new TcpStream[1];
      until(queue, "a connection", () -> (accepted[0] = listener.accept()) != null);
      try (TcpStream server = adopted(accepted[0].detach(), TcpStream::adopt)) {
        Registration<String> serving = queue.register(server, Interest.READABLE, "adopted");
        until(queue, "the client's end of it", SHORT, client::finishConnect);
        send(queue, client);
        until(queue, "data", SHORT, () -> server.peek(ByteBuffer.allocate(1)) == 1);
        int waiting = checked("ioctl", kernel.files().available(server.descriptor().number()));
        assertThat(waiting).as("bytes that wait").isEqualTo(MESSAGE);
        receive(queue, serving, server);
        spliced(queue, client, server);
        until(queue, "room for an urgent byte", SHORT, () -> client.writeUrgent(URGENT) == 1);
        until(queue, "an urgent byte", SHORT, () -> server.readUrgent() == URGENT);
        client.reset();
        until(queue, "the reset", SHORT, () -> server.takeError() != null);
      }
    }
    adoptedPipe(queue);
    datagrams(queue);
  }

  private void datagrams(EventQueue<String> queue) throws IOException {
    UdpSocket bound = UdpSocket.bind(kernel, TcpPair.loopback());
    try (UdpSocket server = adopted(bound.detach(), UdpSocket::adopt);
        UdpSocket client = UdpSocket.connect(kernel, server.localAddress())) {
      queue.register(server, Interest.READABLE_WRITABLE, "datagram server");
      queue.register(client, Interest.READABLE_WRITABLE, "datagram client");
      Envelope envelope = new Envelope();
      ByteBuffer target = ByteBuffer.allocate(MESSAGE + 1);
      until(queue, "room", () -> client.send(message()) == MESSAGE);
      until(queue, "a datagram", () -> server.receive(target, envelope) == MESSAGE);
      target.flip();
      until(queue, "room", () -> server.send(target, envelope) == MESSAGE);
      until(queue, "an answer", () -> client.receive(target.clear()) == MESSAGE);
      assertThat(target.flip()).isEqualTo(message());
      client.disconnect();
    }
  }

  private void spliced(EventQueue<String> queue, TcpStream client, TcpStream server)
      throws IOException {
    if (!kernel.facilities().contains(Facility.SPLICE)) {
      return;
    }
    try (PipePair pipe = PipePair.open(kernel)) {
      Registration<String> asking = queue.register(client, Interest.READABLE, "spliced");
      send(queue, client);
      long[] in = new long[1];
      until(queue, "data", SHORT, () -> all(in, pipe.writer().spliceFrom(server, MESSAGE)));
      long[] out = new long[1];
      until(queue, "room", SHORT, () -> all(out, pipe.reader().spliceTo(server, MESSAGE)));
      receive(queue, asking, client);
    } catch (UnsupportedOperationException e) {
      assertThat(e).hasMessageContaining("no splice from"); // where a program would copy
    }
  }

  /** Whether a message has been moved, by this and what was before. */
  private static boolean all(long[] moved, long n) {
    moved[0] += Math.max(n, 0);
    return moved[0] == MESSAGE;
  }

  private void adoptedPipe(EventQueue<String> queue) throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        PipeReader reader = adopted(pipe.reader().detach(), PipeReader::adopt);
        PipeWriter writer = adopted(pipe.writer().detach(), PipeWriter::adopt)) {
      Registration<String> reading = queue.register(reader, Interest.READABLE, "adopted pipe");
      send(queue, writer);
      receive(queue, reading, reader);
    }
  }

  private interface Adoption<T> {
    T of(Kernel kernel, int number) throws IOException;
  }

  private <T> T adopted(int number, Adoption<T> adoption) throws IOException {
    try {
      return adoption.of(kernel, number);
    } catch (IOException | RuntimeException e) {
      kernel.files().close(number); // it was not taken
      throw e;
    }
  }

  private int checked(String call, int result) throws IOException {
    if (result < 0) {
      throw new SystemCallException(call, "the life", result, kernel);
    }
    return result;
  }

  /** A duplicate keeps what nobody can delete: the queue rebuilds itself. */
  private void rebuild(EventQueue<String> queue) throws IOException {
    if (!configuration.offers(Ability.OUTLIVING)) {
      return;
    }
    PipePair pipe = PipePair.open(kernel);
    int number = pipe.reader().detach();
    int duplicate = kernel.files().duplicate(number);
    try (pipe;
        RawSource borrowed = RawSource.borrow(kernel, number)) {
      checked("dup", duplicate);
      Registration<String> registration =
          queue.register(borrowed, Interest.READABLE, "left behind");
      send(queue, pipe.writer());
      kernel.files().close(number);
      number = duplicate;
      registration.cancel();
      // Not for ever: a fault may make it a file that is always ready, which nothing is left of.
      for (int i = 0; i < REBUILD_WAITS && queue.toString().contains(" 0 rebuilds"); i++) {
        queue.await(SHORT);
      }
    } finally {
      kernel.files().close(number);
      if (number != duplicate) {
        kernel.files().close(duplicate);
      }
    }
  }

  private void pipe(EventQueue<String> queue) throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      Registration<String> reading = queue.register(pipe.reader(), Interest.READABLE, "reader");
      send(queue, pipe.writer());
      receive(queue, reading, pipe.reader());
      sendVectored(queue, pipe.writer());
      receive(queue, reading, pipe.reader());
      pipe.writer().close();
      receiveEnd(queue, reading, pipe.reader());
    }
  }

  private void timer(EventQueue<String> queue) throws IOException {
    try (IntervalTimer timer = IntervalTimer.after(kernel, Duration.ofNanos(1))) {
      queue.register(timer, Interest.READABLE, "timer");
      until(queue, "a tick", () -> timer.poll() != null);
    }
  }

  /** None is sent: what one does is {@link SignalTest}'s. */
  private void signals(EventQueue<String> queue) throws IOException {
    try (SignalSource signals = SignalSource.of(kernel, "URG", "WINCH")) {
      queue.register(signals, Interest.READABLE, "signals");
      assertThat(signals.poll()).isNull();
    }
  }

  private void raw(EventQueue<String> queue) throws IOException {
    try (RawPair pair = RawPair.open(kernel)) {
      Registration<String> reading = queue.register(pair.one(), Interest.READABLE, "raw");
      send(queue, pair.other());
      receive(queue, reading, pair.one());
      reading.modify(Interest.NONE);
      reading.cancel();
    }
  }

  private void wakes(EventQueue<String> queue) throws IOException {
    queue.wake();
    assertThat(queue.await(STEP).cause()).isEqualTo(Events.Cause.WAKE);
    if (!configuration.offers(Ability.EXPORT)) {
      return;
    }
    try (EventQueue<String> outer = configuration.queue(kernel)) {
      Registration<String> nested = outer.register(queue, Interest.READABLE, "inner");
      queue.wake();
      outer.await(SHORT);
      assertThat(queue.poll().cause()).isEqualTo(Events.Cause.WAKE);
      nested.cancel();
    }
  }

  private void send(EventQueue<String> queue, ByteOutput output) throws IOException {
    ByteBuffer buffer = message();
    until(queue, "room", () -> sent(() -> output.write(buffer), buffer));
  }

  private void sendVectored(EventQueue<String> queue, ByteOutput output) throws IOException {
    ByteBuffer whole = message();
    ByteBuffer first = whole.slice(0, MESSAGE / 2);
    ByteBuffer second = whole.slice(MESSAGE / 2, MESSAGE / 2);
    until(queue, "room", () -> sent(() -> output.write(first, second), second));
  }

  private interface Transfer {
    long run() throws IOException;
  }

  /** Whether all is written up to the end of the last buffer; false when it is not ready. */
  private static boolean sent(Transfer write, ByteBuffer last) throws IOException {
    while (last.hasRemaining()) {
      if (write.run() == Io.NOT_READY) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer message() {
    ByteBuffer message = ByteBuffer.allocate(MESSAGE);
    for (int i = 0; i < MESSAGE; i++) {
      message.put(i, (byte) i);
    }
    return message;
  }

  /** Reads a message, one byte alone and the rest into two buffers. */
  private void receive(EventQueue<String> queue, Registration<String> registration, ByteInput input)
      throws IOException {
    ByteBuffer whole = ByteBuffer.allocate(MESSAGE);
    ByteBuffer first = whole.slice(0, 1);
    ByteBuffer second = whole.slice(1, MESSAGE / 2);
    ByteBuffer third = whole.slice(1 + MESSAGE / 2, MESSAGE - 1 - MESSAGE / 2);
    until(queue, "data", () -> received(registration, () -> input.read(first), first));
    until(queue, "data", () -> received(registration, () -> input.read(second, third), third));
    assertThat(whole).isEqualTo(message());
  }

  /** Whether all is read up to the end of the last buffer; false when it is not ready. */
  private static boolean received(Registration<String> registration, Transfer read, ByteBuffer last)
      throws IOException {
    while (last.hasRemaining()) {
      long n = read.run();
      if (n == Io.NOT_READY) {
        registration.rearm();
        return false;
      }
      assertThat(n).as("a count of bytes, no end").isPositive();
    }
    return true;
  }

  /** Reads the end of file. */
  private void receiveEnd(
      EventQueue<String> queue, Registration<String> registration, ByteInput input)
      throws IOException {
    ByteBuffer none = ByteBuffer.allocate(1);
    until(
        queue,
        "the end of file",
        () -> {
          int n = input.read(none);
          if (n == Io.NOT_READY) {
            registration.rearm();
            return false;
          }
          assertThat(n).isEqualTo(Io.END);
          return true;
        });
  }
}
