package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Transfers beyond the memory that the kernel keeps for heap data, and errors at the edges. */
@Contract
final class TransferEdgesTest {
  private static final int LARGE = 100_000;
  private static final int SCRATCH = 1 << 16;

  private final Configuration configuration;
  private final Kernel kernel;

  TransferEdgesTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Test
  void aResetBehindALargeHeapReadIsNotTakenForTheEnd() throws IOException {
    for (IntFunction<ByteBuffer> memory :
        List.<IntFunction<ByteBuffer>>of(ByteBuffer::allocate, ByteBuffer::allocateDirect)) {
      try (TcpPair pair = TcpPair.open(configuration, kernel)) {
        assertThat(pair.client().write(ByteBuffer.allocateDirect(SCRATCH))).isEqualTo(SCRATCH);
        while (kernel.files().available(pair.server().descriptor().number()) < SCRATCH) {
          Ready.await(configuration, pair.server(), Interest.READABLE);
        }
        ByteBuffer target = memory.apply(2 * SCRATCH);
        assertThat(pair.server().read(target.slice(0, SCRATCH / 2))).isEqualTo(SCRATCH / 2);
        pair.client().reset();
        Ready.await(configuration, pair.server(), Interest.PEER_CLOSED);
        assertThatThrownBy(
                () -> {
                  while (pair.server().read(target) != Io.END) {
                    target.clear();
                  }
                })
            .isInstanceOfSatisfying(
                SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ECONNRESET));
      }
    }
  }

  @Test
  void aLargeMessageFromOrToHeapMemoryStaysWhole() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKET, ends)).isZero();
    try (RawSource one = RawSource.own(kernel, ends[0]);
        RawSource other = RawSource.own(kernel, ends[1])) {
      byte[] message = new byte[LARGE];
      message[LARGE - 1] = 7;
      assertThat(one.write(ByteBuffer.wrap(message))).isEqualTo(LARGE);
      ByteBuffer direct = ByteBuffer.allocateDirect(2 * LARGE);
      assertThat(other.read(direct)).isEqualTo(LARGE);
      assertThat(direct.get(LARGE - 1)).isEqualTo((byte) 7);
      assertThat(one.write(direct.clear().limit(LARGE))).isEqualTo(LARGE);
      byte[] received = new byte[2 * LARGE];
      assertThat(other.read(ByteBuffer.wrap(received))).isEqualTo(LARGE);
      assertThat(received[LARGE - 1]).isEqualTo((byte) 7);
    }
  }

  @Test
  void aLargeMessageInManyBuffersStaysWhole() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKET, ends)).isZero();
    try (RawSource one = RawSource.own(kernel, ends[0]);
        RawSource other = RawSource.own(kernel, ends[1])) {
      ByteBuffer[] sources = pieces(200);
      assertThat(one.write(sources)).isEqualTo(LARGE);
      assertThat(sources[199].hasRemaining()).isFalse();
      ByteBuffer[] targets = pieces(250);
      assertThat(other.read(targets)).isEqualTo(LARGE);
      assertThat(targets[249].get(targets[249].position() - 1)).isEqualTo((byte) 199);
    }
  }

  /** Buffers of {@link #LARGE} bytes in all, each full of its number. */
  private static ByteBuffer[] pieces(int count) {
    List<ByteBuffer> pieces = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] bytes = new byte[LARGE / count];
      Arrays.fill(bytes, (byte) i);
      pieces.add(ByteBuffer.wrap(bytes));
    }
    return pieces.toArray(ByteBuffer[]::new);
  }

  @Test
  void aReadOnlyHeapSegmentIsWritten() throws IOException {
    try (RawPair pair = RawPair.open(kernel)) {
      MemorySegment segment = MemorySegment.ofArray(new byte[] {1, 2, 3}).asReadOnly();
      assertThat(pair.one().write(segment)).isEqualTo(3);
      ByteBuffer target = ByteBuffer.allocate(9);
      assertThat(pair.other().read(target)).isEqualTo(3);
      assertThat(target.get(2)).isEqualTo((byte) 3);
    }
  }

  @Test
  void takingTheErrorOfAFailedConnectDoesNotHideItFromFinishConnect() throws IOException {
    InetSocketAddress gone;
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      gone = listener.localAddress();
    }
    try (TcpStream stream = TcpStream.connect(kernel, gone)) {
      Ready.await(configuration, stream, Interest.WRITABLE);
      assertThat(stream.takeError()).hasMessageContaining("ECONNREFUSED");
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(stream::finishConnect).hasMessageContaining("ECONNREFUSED");
      }
    }
  }

  @Test
  void aUnixSocketIsNotAdoptedAsTcpAndStaysTheCallers() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.sockets().pair(Sockets.Type.STREAM, ends)).isZero();
    assertThat(kernel.files().setNonBlocking(ends[0], false)).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TcpStream.adopt(kernel, ends[0]))
        .withMessageContaining("Internet");
    assertThat(kernel.files().isNonBlocking(ends[0])).isZero();
    assertThat(kernel.files().close(ends[0])).isZero();
    assertThat(kernel.files().close(ends[1])).isZero();
  }

  @Test
  void aListenerPassesItsOptionsOn() throws IOException {
    try (TcpListener listener =
        TcpListener.builder()
            .kernel(kernel)
            .set(TcpOption.NODELAY, true)
            .set(TcpOption.MAX_SEGMENT, 1_000)
            .bind(TcpPair.loopback())) {
      TcpStream.Builder fastOpen = TcpStream.builder().set(TcpOption.FAST_OPEN_CONNECT, true);
      try (TcpPair pair = TcpPair.open(configuration, kernel, listener, fastOpen)) {
        assertThat(pair.server().get(TcpOption.NODELAY)).isTrue();
        assertThat(pair.server().get(TcpOption.MAX_SEGMENT)).isLessThanOrEqualTo(1_000);
        assertThat(pair.client().get(TcpOption.FAST_OPEN_CONNECT)).isTrue();
      }
    }
  }
}
