package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

/** Descriptors made elsewhere, owned and borrowed. */
@Contract
final class RawSourceTest {
  private final Configuration configuration;
  private final Kernel kernel;

  RawSourceTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Test
  void anOwnedSocketIsReadAndWrittenBothWays() throws IOException {
    try (RawPair pair = RawPair.open(kernel)) {
      assertThat(pair.one().write(ByteBuffer.allocate(5))).isEqualTo(5);
      assertThat(pair.other().read(ByteBuffer.allocate(9))).isEqualTo(5);
      assertThat(pair.other().write(ByteBuffer.allocate(1), ByteBuffer.allocate(2))).isEqualTo(3);
      assertThat(pair.one().read(MemorySegment.ofArray(new byte[9]))).isEqualTo(3);
      pair.other().close();
      assertThat(pair.one().read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
      assertThatThrownBy(() -> pair.one().write(ByteBuffer.allocate(1)))
          .hasMessageMatching("send\\(fd \\d+\\): EPIPE \\(broken pipe\\)");
    }
  }

  @Test
  void anOwnedDescriptorBecomesNonBlockingAndIsClosed() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      int number = pipe.reader().detach();
      kernel.files().setNonBlocking(number, false);
      RawSource source = RawSource.own(kernel, number);
      assertThat(kernel.files().isNonBlocking(number)).isOne();
      assertThat(source.read(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
      source.close();
      assertThat(kernel.files().isNonBlocking(number)).isNegative();
    }
  }

  @Test
  void aBorrowedDescriptorStaysOpenAndInItsMode() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        EventQueue<String> queue = configuration.queue(kernel)) {
      int number = pipe.reader().descriptor().number();
      kernel.files().setNonBlocking(number, false);
      RawSource source = RawSource.borrow(kernel, number);
      var registration = queue.register(source, Interest.READABLE, "borrowed");
      pipe.writer().write(ByteBuffer.allocate(1));
      assertThat(queue.await(Ready.DEADLINE).size()).isOne();
      assertThatThrownBy(() -> source.read(ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is in blocking mode");
      assertThatThrownBy(() -> source.write(ByteBuffer.allocate(1), ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(kernel.files().isNonBlocking(number)).isZero();
      source.setNonBlocking();
      assertThat(source.read(ByteBuffer.allocate(1))).isOne();
      source.close();
      assertThat(registration.isValid()).isFalse();
      assertThat(kernel.files().isNonBlocking(number)).isOne();
      assertThat(pipe.reader().isOpen()).isTrue();
      pipe.writer().write(ByteBuffer.allocate(1));
      assertThat(queue.poll().isEmpty()).as("the borrowed registration is gone").isTrue();
    }
  }

  @Test
  void whatIsNotOpenIsRefused() {
    assertThatThrownBy(() -> RawSource.own(kernel, 1 << 20)).hasMessageContaining("EBADF");
    assertThatThrownBy(() -> RawSource.borrow(kernel, 1 << 20)).hasMessageContaining("EBADF");
    assertThatThrownBy(() -> RawSource.own(kernel, -1)).hasMessageContaining("EBADF");
  }

  @Test
  void closedAndDetached() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      int number = pipe.reader().detach();
      RawSource source = RawSource.own(kernel, number);
      assertThat(source.detach()).isEqualTo(number);
      assertThatThrownBy(source::detach).isInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(source::setNonBlocking).isInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(() -> source.descriptor().number())
          .isInstanceOf(IllegalStateException.class);
      RawSource again = RawSource.own(kernel, number);
      assertThat(again.descriptor().number()).isEqualTo(number);
      again.close();
      assertThatThrownBy(() -> again.read(ByteBuffer.allocate(1)))
          .isInstanceOf(ClosedChannelException.class);
    }
  }

  @Test
  void anEmptyDatagramIsNoEndOfFile() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.sockets().pair(Sockets.Type.DATAGRAM, ends)).isNotNegative();
    try (RawSource receiver = RawSource.own(kernel, ends[0]);
        RawSource sender = RawSource.own(kernel, ends[1])) {
      assertThat(kernel.sockets().write(ends[1], new byte[0], 0, 0)).isZero();
      Bytes.send(sender, 3);
      assertThat(Bytes.read(receiver, 10)).as("the empty one").isZero();
      assertThat(Bytes.read(receiver, 10)).isEqualTo(3);
      assertThat(Bytes.read(receiver, 10)).isEqualTo(Io.NOT_READY);
    }
  }
}
