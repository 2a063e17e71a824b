package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Registration;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.source.ChannelSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Channels of the JDK as sources; they exist on the machine's kernel only. */
final class ChannelSourceTest {
  private static final InetSocketAddress LOOPBACK =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @Test
  void aListenerAndItsConnectionAreWaitedFor() throws IOException {
    try (EventQueue<String> queue = EventQueue.open();
        ChannelSource<ServerSocketChannel> listener = ChannelSource.of(listener());
        SocketChannel client = SocketChannel.open(listener.channel().getLocalAddress())) {
      queue.register(listener, Interest.READABLE, "listener");
      assertThat(Report.only(queue)).hasToString("listener: readable");
      SocketChannel accepted = listener.channel().accept();
      accepted.configureBlocking(false);
      try (ChannelSource<SocketChannel> connection = ChannelSource.of(accepted)) {
        queue.register(connection, Interest.READABLE, "connection");
        client.write(ByteBuffer.allocate(5));
        assertThat(Report.only(queue)).hasToString("connection: readable");
        assertThat(connection.read(ByteBuffer.allocate(0))).isZero();
        assertThat(connection.read(ByteBuffer.allocate(2), ByteBuffer.allocate(2))).isEqualTo(4);
        assertThat(connection.read(MemorySegment.ofArray(new byte[9]))).isOne();
        assertThat(connection.read(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
        assertThat(connection.write(ByteBuffer.allocate(3))).isEqualTo(3);
        connection.shutdownOutput();
        assertThat(client.read(ByteBuffer.allocate(9))).isEqualTo(3);
        assertThat(client.read(ByteBuffer.allocate(9))).isEqualTo(Io.END);
        client.shutdownOutput();
        assertThat(connection.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
      }
    }
  }

  @Test
  void closeEndsTheRegistrationAndTheChannel() throws IOException {
    try (EventQueue<String> queue = EventQueue.open()) {
      ServerSocketChannel channel = listener();
      ChannelSource<ServerSocketChannel> listener = ChannelSource.of(channel);
      Registration<String> registration = queue.register(listener, Interest.READABLE, "listener");
      listener.close();
      assertThat(registration.isValid()).isFalse();
      assertThat(channel.isOpen()).isFalse();
      listener.close();
      assertThatThrownBy(() -> ChannelSource.of(channel))
          .isInstanceOf(ClosedChannelException.class);
    }
  }

  @Test
  void anEndOfAPipeHasOneDirection() throws IOException {
    Pipe pipe = Pipe.open();
    pipe.source().configureBlocking(false);
    pipe.sink().configureBlocking(false);
    try (ChannelSource<Pipe.SourceChannel> reader = ChannelSource.of(pipe.source());
        ChannelSource<Pipe.SinkChannel> writer = ChannelSource.of(pipe.sink())) {
      assertThat(reader.read(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
      assertThat(writer.write(ByteBuffer.allocate(1), ByteBuffer.allocate(2))).isEqualTo(3);
      assertThat(reader.read(ByteBuffer.allocate(9))).isEqualTo(3);
      assertThatThrownBy(() -> reader.write(ByteBuffer.allocate(1)))
          .isInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> writer.read(ByteBuffer.allocate(1)))
          .isInstanceOf(NonReadableChannelException.class);
      assertThatThrownBy(writer::shutdownOutput).hasMessageContaining("close it");
    }
  }

  @Test
  void aLoopTakesAChannelAsItTakesAnySource() throws Exception {
    try (EventLoop loop = EventLoop.start();
        ServerSocketChannel listener = ServerSocketChannel.open().bind(LOOPBACK);
        SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
      SocketChannel accepted = listener.accept();
      accepted.configureBlocking(false);
      try (Connection connection = loop.attach(ChannelSource.of(accepted))) {
        client.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
        ByteBuffer buffer = ByteBuffer.allocate(5);
        loop.fiber(
                () -> {
                  connection.readFully(buffer);
                  connection.writeFully(buffer.flip());
                  return null;
                })
            .join();
        assertThat(client.read(ByteBuffer.allocate(9))).isEqualTo(5);
      }
      assertThat(accepted.isOpen()).isFalse();
    }
  }

  @Test
  void datagramsAreReceivedByTheChannelAlsoEmptyOnes() throws IOException {
    DatagramChannel channel = DatagramChannel.open().bind(LOOPBACK);
    channel.configureBlocking(false);
    try (EventQueue<String> queue = EventQueue.open();
        ChannelSource<DatagramChannel> source = ChannelSource.of(channel);
        DatagramChannel peer = DatagramChannel.open().bind(LOOPBACK)) {
      channel.connect(peer.getLocalAddress());
      queue.register(source, Interest.READABLE.edge(), "datagrams");
      peer.send(ByteBuffer.allocate(0), channel.getLocalAddress());
      peer.send(ByteBuffer.allocate(7), channel.getLocalAddress());
      assertThat(Report.only(queue)).hasToString("datagrams: readable");
      assertThatThrownBy(() -> source.read(ByteBuffer.allocate(9)))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("channel().receive");
      ByteBuffer buffer = ByteBuffer.allocate(9);
      assertThat(channel.receive(buffer)).isNotNull();
      assertThat(buffer.position()).isZero();
      assertThat(channel.receive(buffer)).isNotNull();
      assertThat(buffer.position()).isEqualTo(7);
      assertThat(channel.receive(buffer)).isNull();
      assertThat(source.write(ByteBuffer.allocate(3))).isEqualTo(3);
    }
  }

  @Test
  void anErrorOfASocketDoesNotEndItsOutput() throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    channel.configureBlocking(false);
    try (EventQueue<String> queue = EventQueue.open();
        ChannelSource<DatagramChannel> source = ChannelSource.of(channel)) {
      try (DatagramChannel gone = DatagramChannel.open().bind(LOOPBACK)) {
        channel.connect(gone.getLocalAddress());
      }
      queue.register(source, Interest.READABLE, "datagrams");
      source.write(ByteBuffer.allocate(1)); // which the host says nobody takes
      Event<String> event = queue.await(Ready.DEADLINE).next();
      assertThat(event).isNotNull();
      assertThat(event.isError()).isTrue();
      assertThat(event.isWriteClosed()).isFalse();
    }
  }

  @Test
  void aBlockingChannelIsRefused() throws IOException {
    try (DatagramChannel channel = DatagramChannel.open()) {
      assertThatThrownBy(() -> ChannelSource.of(channel))
          .isInstanceOf(IllegalBlockingModeException.class);
    }
  }

  @Test
  void withoutTheOptionTheMessageNamesIt() throws Exception {
    assertThat(ChildJvm.run(":", List.of(), WithoutOption.class))
        .contains("start java with --add-exports java.base/sun.nio.ch=ALL-UNNAMED");
  }

  /** Says why a channel is no source. */
  static final class WithoutOption {
    private WithoutOption() {}

    public static void main(String[] args) throws IOException {
      try (ServerSocketChannel channel = listener()) {
        ChannelSource.of(channel).close();
      } catch (UnsupportedOperationException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static ServerSocketChannel listener() throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open().bind(LOOPBACK);
    listener.configureBlocking(false);
    return listener;
  }
}
