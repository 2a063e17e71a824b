package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes over a connection, and its ends. */
@Contract
final class TcpTransferTest {
  private static final int POLLPRI = 2;

  private static final int MEGABYTES = 5 << 20;

  private final Configuration configuration;
  private final Kernel kernel;
  private TcpPair pair;
  private TcpStream client;
  private TcpStream server;

  TcpTransferTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @BeforeEach
  void connect() throws IOException {
    pair = TcpPair.open(configuration, kernel);
    client = pair.client();
    server = pair.server();
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private static byte[] megabytes() {
    byte[] bytes = new byte[MEGABYTES];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  @Test
  void megabytesFromAHeapBufferArriveWhole() throws IOException {
    byte[] sent = megabytes();
    ByteBuffer source = ByteBuffer.wrap(sent);
    assertThat(exchange(sent, () -> client.write(source), ByteBuffer.allocate(1 << 20)))
        .as("partial writes")
        .isGreaterThan(1);
    assertThat(source.hasRemaining()).isFalse();
  }

  @Test
  void megabytesFromADirectBufferArriveWhole() throws IOException {
    byte[] sent = megabytes();
    ByteBuffer source = ByteBuffer.allocateDirect(sent.length).put(sent).flip();
    exchange(sent, () -> client.write(source), ByteBuffer.allocateDirect(100_000));
    assertThat(source.hasRemaining()).isFalse();
  }

  @Test
  void megabytesFromAReadOnlyBufferArriveWhole() throws IOException {
    byte[] sent = megabytes();
    ByteBuffer source = ByteBuffer.wrap(sent).asReadOnlyBuffer();
    exchange(sent, () -> client.write(source), ByteBuffer.allocate(300_000));
  }

  @Test
  void megabytesFromSegmentsArriveWhole() throws IOException {
    byte[] sent = megabytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nativeSegment = arena.allocate(sent.length);
      for (MemorySegment segment : List.of(nativeSegment, MemorySegment.ofArray(sent))) {
        nativeSegment.copyFrom(MemorySegment.ofArray(sent));
        long[] done = {0};
        exchange(
            sent,
            () -> {
              long n = client.write(segment.asSlice(done[0]));
              done[0] += Math.max(n, 0);
              return n;
            },
            ByteBuffer.allocateDirect(200_000));
      }
    }
  }

  @Test
  void megabytesFromManyMixedBuffersArriveWhole() throws IOException {
    byte[] sent = megabytes();
    List<ByteBuffer> buffers = new ArrayList<>();
    int piece = 4_099; // more buffers than one call has vectors for
    for (int at = 0; at < sent.length; at += piece) {
      int length = Math.min(piece, sent.length - at);
      ByteBuffer heap = ByteBuffer.wrap(sent, at, length).slice();
      switch (buffers.size() % 4) {
        case 0 -> buffers.add(heap);
        case 1 -> buffers.add(ByteBuffer.allocateDirect(length).put(heap).flip());
        case 2 -> buffers.add(heap.asReadOnlyBuffer());
        default ->
            buffers.add(ByteBuffer.allocateDirect(length).put(heap).flip().asReadOnlyBuffer());
      }
      buffers.add(ByteBuffer.allocate(0));
    }
    ByteBuffer[] array = buffers.toArray(ByteBuffer[]::new);
    exchange(
        sent,
        () -> {
          int first = 0;
          while (first < array.length - 1 && !array[first].hasRemaining()) {
            first++;
          }
          return client.write(array, first, array.length - first);
        },
        ByteBuffer.allocate(100_000));
    assertThat(array).allMatch(buffer -> !buffer.hasRemaining());
  }

  private interface Write {
    long write() throws IOException;
  }

  /** Writes until all is written, reading as the queue tells; returns how many writes it took. */
  private int exchange(byte[] sent, Write write, ByteBuffer target) throws IOException {
    byte[] received = new byte[sent.length];
    int in = 0;
    long out = 0;
    int writes = 0;
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      queue.register(client, Interest.WRITABLE, "client");
      queue.register(server, Interest.READABLE, "server");
      while (in < sent.length) {
        var events = queue.await(Ready.DEADLINE);
        assertThat(events.isEmpty()).as("stuck at %d of %d", in, out).isFalse();
        for (Event<String> event : events) {
          if (event.attachment().equals("server")) {
            int n = server.read(target.clear());
            if (n > 0) {
              target.flip().get(received, in, n);
              in += n;
            }
          } else if (out < sent.length) {
            out += Math.max(write.write(), 0);
            writes++;
          }
        }
      }
    }
    assertThat(Arrays.equals(sent, received)).as("bytes as sent").isTrue();
    return writes;
  }

  @Test
  void aVectoredReadFillsBuffersInOrder() throws IOException {
    client.write(bytes("abcdefghijkl"));
    Ready.await(configuration, server, Interest.READABLE);
    ByteBuffer heap = ByteBuffer.allocate(5).position(1);
    ByteBuffer direct = ByteBuffer.allocateDirect(3);
    ByteBuffer rest = ByteBuffer.allocate(20);
    ByteBuffer untouched = ByteBuffer.allocate(4);
    ByteBuffer[] targets = {untouched, heap, ByteBuffer.allocate(0), direct, rest, untouched};
    assertThat(server.read(targets, 1, 4)).isEqualTo(12);
    assertThat(text(heap.flip().position(1))).isEqualTo("abcd");
    assertThat(text(direct.flip())).isEqualTo("efg");
    assertThat(text(rest.flip())).isEqualTo("hijkl");
    assertThat(untouched.position()).isZero();
    assertThat(server.read(new ByteBuffer[] {rest.clear()})).isEqualTo(Io.NOT_READY);
  }

  @Test
  void moreBuffersThanOneCallTakesAreFilledInPieces() throws IOException {
    ByteBuffer[] targets = new ByteBuffer[500];
    Arrays.setAll(targets, _ -> ByteBuffer.allocate(1));
    byte[] sent = Arrays.copyOf(megabytes(), targets.length);
    client.write(ByteBuffer.wrap(sent));
    int filled = 0;
    while (filled < targets.length) {
      Ready.await(configuration, server, Interest.READABLE);
      long n = server.read(targets, filled, targets.length - filled);
      assertThat(n).isPositive();
      filled += (int) n;
    }
    for (int i = 0; i < sent.length; i++) {
      assertThat(targets[i].get(0)).isEqualTo(sent[i]);
    }
  }

  @Test
  void badBuffersAreRefusedAndTakeNothing() throws IOException {
    ByteBuffer readOnly = ByteBuffer.allocate(4).asReadOnlyBuffer();
    assertThatThrownBy(() -> server.read(readOnly)).isInstanceOf(ReadOnlyBufferException.class);
    assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1), readOnly))
        .isInstanceOf(ReadOnlyBufferException.class);
    assertThatThrownBy(() -> server.peek(readOnly)).isInstanceOf(ReadOnlyBufferException.class);
    assertThatThrownBy(() -> server.read(MemorySegment.ofBuffer(readOnly)))
        .isInstanceOf(ReadOnlyBufferException.class);
    ByteBuffer[] one = {ByteBuffer.allocate(1)};
    assertThatThrownBy(() -> server.read(one, 1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> client.write(one, 0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> client.write(MemorySegment.ofArray(new int[4])))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> client.write((ByteBuffer) null))
        .isInstanceOf(NullPointerException.class);
    assertThat(server.read(ByteBuffer.allocate(0))).isZero();
    assertThat(client.write(ByteBuffer.allocate(0))).isZero();
    assertThat(client.write(MemorySegment.ofArray(new byte[0]))).isZero();
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
  }

  @Test
  void theMemoryOfAClosedOrForeignArenaIsRefused() throws Exception {
    MemorySegment segment;
    try (Arena closed = Arena.ofShared()) {
      segment = closed.allocate(16);
    }
    ByteBuffer buffer = segment.asByteBuffer();
    ByteBuffer heap = ByteBuffer.allocate(4);
    assertThatThrownBy(() -> client.write(segment)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> client.write(buffer)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> server.read(buffer)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> client.write(heap, buffer)).isInstanceOf(IllegalStateException.class);
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment ours = confined.allocate(16);
      Background<Integer> other =
          Background.start(() -> {
            assertThatThrownBy(() -> client.write(ours)).isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> client.write(ours.asByteBuffer()))
                .isInstanceOf(WrongThreadException.class);
            return 1;
          });
      assertThat(other.result()).isEqualTo(1);
    }
    assertThat(server.read(ByteBuffer.allocate(9))).isEqualTo(Io.NOT_READY);
  }

  @Test
  void peekLeavesTheBytes() throws IOException {
    assertThat(server.peek(ByteBuffer.allocate(4))).isEqualTo(Io.NOT_READY);
    client.write(bytes("hello"));
    client.shutdownOutput();
    Ready.await(configuration, server, Interest.READABLE);
    for (ByteBuffer buffer : List.of(ByteBuffer.allocate(3), ByteBuffer.allocateDirect(9))) {
      assertThat(server.peek(buffer)).isEqualTo(Math.min(5, buffer.capacity()));
      assertThat("hello").startsWith(text(buffer.flip()));
    }
    ByteBuffer all = ByteBuffer.allocate(9);
    assertThat(server.read(all)).isEqualTo(5);
    assertThat(server.peek(all)).isEqualTo(Io.END);
    assertThat(server.peek(ByteBuffer.allocate(0))).isZero();
  }

  @Test
  void urgentBytes() throws IOException {
    assertThat(server.readUrgent()).isEqualTo(Io.NOT_READY);
    client.write(bytes("ab"));
    assertThat(client.writeUrgent((byte) 200)).isEqualTo(1);
    client.write(bytes("cd"));
    Until.holds(
        "urgent data", () -> kernel.files().poll(server.descriptor().number(), POLLPRI) != 0);
    assertThat(server.readUrgent()).isEqualTo(200);
    ByteBuffer buffer = ByteBuffer.allocate(9);
    int reads = 0;
    while (buffer.position() < 4) {
      Ready.await(configuration, server, Interest.READABLE);
      assertThat(server.read(buffer)).isPositive();
      reads++;
    }
    assertThat(text(buffer.flip())).isEqualTo("abcd");
    assertThat(reads).as("a read stops at the urgent byte").isEqualTo(2);
  }

  @Test
  void halfClosedEachWay() throws IOException {
    client.shutdownOutput();
    client.shutdownOutput();
    Ready.await(configuration, server, Interest.READABLE);
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    assertThatThrownBy(() -> client.write(bytes("x")))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("EPIPE");
    assertThat(server.write(bytes("still"))).isEqualTo(5);
    Ready.await(configuration, client, Interest.READABLE);
    ByteBuffer buffer = ByteBuffer.allocate(9);
    assertThat(client.read(buffer)).isEqualTo(5);
    client.shutdownInput();
    client.shutdownInput();
    assertThat(client.read(buffer)).isEqualTo(Io.END);
  }

  @Test
  void aResetIsToldToThePeerAndEndsBothWays() throws IOException {
    client.reset();
    assertThat(client.isOpen()).isFalse();
    client.close();
    Ready.await(configuration, server, Interest.READABLE);
    SystemCallException e =
        catchThrowableOfType(SystemCallException.class, () -> server.read(ByteBuffer.allocate(1)));
    assertThat(e.errno()).isEqualTo(Errno.ECONNRESET);
    assertThat(e).hasMessageMatching("recv\\(fd \\d+ to 127\\.0\\.0\\.1:\\d+\\): .*");
    server.shutdownOutput();
    server.shutdownInput();
    assertThat(server.finishConnect()).isTrue();
  }

  @Test
  void closingWithLingerZeroResets() throws IOException {
    client.set(TcpOption.LINGER, 0);
    client.close();
    Ready.await(configuration, server, Interest.READABLE);
    SystemCallException pending = server.takeError();
    assertThat(pending).isNotNull();
    assertThat(pending.errno()).isEqualTo(Errno.ECONNRESET);
    assertThat(server.takeError()).isNull();
  }

  @Test
  void aClosedStreamRefusesEverything() throws IOException {
    client.close();
    client.close();
    assertThat(client.isOpen()).isFalse();
    assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.read(ByteBuffer.allocate(0)))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.write(bytes("x"))).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.write(bytes("x"), bytes("y")))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.read(MemorySegment.ofArray(new byte[1])))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.peek(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(client::readUrgent).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.writeUrgent((byte) 1))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(client::shutdownInput).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(client::shutdownOutput).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(client::takeError).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(client::localAddress).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(client::reset).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(client::detach).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.descriptor().number())
        .isInstanceOf(IllegalStateException.class);
    assertThat(client.remoteAddress()).isNotNull();
  }

  @Test
  void adoptAndDetachKeepTheConnection() throws IOException {
    int number = client.detach();
    assertThat(client.isOpen()).isFalse();
    try (TcpStream adopted = TcpStream.adopt(kernel, number)) {
      assertThat(adopted.finishConnect()).isTrue();
      assertThat(adopted.remoteAddress()).isEqualTo(server.localAddress());
      assertThat(adopted.write(bytes("x"))).isOne();
      Ready.await(configuration, server, Interest.READABLE);
      assertThat(server.read(ByteBuffer.allocate(2))).isOne();
    }
    assertThatThrownBy(() -> TcpStream.adopt(kernel, 1 << 20)).hasMessageContaining("EBADF");
    try (PipePair pipe = PipePair.open(kernel)) {
      int end = pipe.reader().descriptor().number();
      assertThatThrownBy(() -> TcpStream.adopt(kernel, end)).hasMessageContaining("ENOTSOCK");
    }
  }

  /**
   * Streams are written, read and modified while another thread closes them and opens pipes, which
   * take over their numbers: no byte and no event may ever arrive there.
   */
  @Test
  void aRaceWithCloseNeverTouchesARecycledNumber() throws Exception {
    long end = kernel.clock().nanoTime() + 1_500_000_000L;
    AtomicReference<RawPair> current = new AtomicReference<>(RawPair.open(kernel));
    AtomicBoolean done = new AtomicBoolean();
    List<Background<Long>> users = new ArrayList<>();
    try (EventQueue<RawPair> queue = configuration.queue(kernel)) {
      for (int i = 0; i < 2; i++) {
        users.add(Background.start(() -> use(queue, current, done)));
      }
      int rounds = 0;
      while (kernel.clock().nanoTime() < end) {
        current.getAndSet(RawPair.open(kernel)).close();
        // Lowest free numbers first: these are very likely those of the pair just closed.
        try (PipePair heir = PipePair.open(kernel)) {
          Thread.onSpinWait();
          assertThat(heir.reader().read(ByteBuffer.allocate(64))).isEqualTo(Io.NOT_READY);
        }
        for (Event<RawPair> event : queue.poll()) {
          assertThat(event.registration().source()).isSameAs(event.attachment().one());
        }
        rounds++;
      }
      done.set(true);
      long operations = 0;
      for (Background<Long> user : users) {
        operations += user.result();
      }
      assertThat(rounds).isGreaterThan(10);
      assertThat(operations).isPositive();
    } finally {
      done.set(true);
      current.get().close();
    }
  }

  private static long use(
      EventQueue<RawPair> queue, AtomicReference<RawPair> current, AtomicBoolean done)
      throws IOException {
    ByteBuffer direct = ByteBuffer.allocateDirect(16);
    long operations = 0;
    while (!done.get()) {
      RawPair pair = current.get();
      try {
        pair.other().write(bytes("foreign"));
        pair.one().read(direct.clear());
        var registration = queue.register(pair.one(), Interest.READABLE, pair);
        registration.modify(Interest.READABLE.oneShot());
        pair.other().write(direct.clear());
        operations++;
        registration.cancel();
      } catch (ClosedChannelException e) {
        operations++; // the race, lost cleanly
      } catch (IllegalStateException e) {
        assertThat(e.getMessage()).containsAnyOf("has ended", "registered in this queue");
      } catch (SystemCallException e) {
        // The other end was closed first, with or without unread bytes.
        assertThat(e.errno()).isIn(Errno.EPIPE, Errno.ECONNRESET);
      }
    }
    return operations;
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(ByteBuffer buffer) {
    return StandardCharsets.US_ASCII.decode(buffer).toString();
  }
}
