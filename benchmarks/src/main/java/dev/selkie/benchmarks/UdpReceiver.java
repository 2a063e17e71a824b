package dev.selkie.benchmarks;

import dev.selkie.DatagramBatch;
import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.net.UdpOption;
import dev.selkie.net.UdpSocket;
import dev.selkie.runtime.Datagrams;
import dev.selkie.runtime.EventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * A receiver of the UDP comparison, as a process: {@code UdpReceiver PEER}. It is told who sent
 * each datagram, and looks at the number that it bears.
 */
final class UdpReceiver {
  private static final int DATAGRAMS = 64;

  /** For a datagram of any Ethernet. */
  private static final int ROOM = 2048;

  private static final int RECEIVE_BUFFER = 4 << 20;

  private final UdpCount count = new UdpCount();

  private UdpReceiver() {}

  public static void main(String[] args) {
    try {
      UdpReceiver receiver = new UdpReceiver();
      ServerQuestions.answer(receiver.count);
      receiver.run(Peer.ofWord(args[0]));
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private void run(Peer peer) throws Exception {
    switch (peer) {
      case SELKIE -> queue();
      case FIBERS -> fiber();
      case NIO -> channel();
      default -> throw new IllegalArgumentException(peer + " is no receiver in Java");
    }
  }

  private static UdpSocket socket() throws IOException {
    UdpSocket socket =
        UdpSocket.builder()
            .set(UdpOption.RECEIVE_BUFFER, RECEIVE_BUFFER)
            .bind(EchoServer.address());
    EchoServer.ready(socket.localAddress().getPort());
    return socket;
  }

  private static DatagramBatch batch(UdpSocket socket) {
    return socket.newBatch(DATAGRAMS, ROOM);
  }

  /** By the bare queue: one wait, then calls until one is not full. */
  private void queue() throws IOException {
    try (EventQueue<UdpSocket> queue = EventQueue.open();
        UdpSocket socket = socket()) {
      DatagramBatch batch = batch(socket);
      queue.register(socket, Interest.READABLE, socket);
      while (true) {
        for (Event<UdpSocket> event : queue.await()) {
          UdpSocket ready = event.attachment();
          while (ready.receive(batch) > 0) {
            take(batch);
            if (batch.size() < DATAGRAMS) {
              break;
            }
          }
        }
      }
    }
  }

  private void take(DatagramBatch batch) {
    int n = batch.size();
    for (int i = 0; i < n; i++) {
      take(batch.data(i));
    }
    count.called(n);
  }

  private void take(ByteBuffer data) {
    count.take(data.limit(), data.getLong(0));
  }

  /** By a fiber that parks. */
  private void fiber() throws Exception {
    try (EventLoop loop = EventLoop.start();
        UdpSocket socket = socket()) {
      Datagrams datagrams = loop.attach(socket);
      loop.fiber(
              () -> {
                DatagramBatch batch = batch(socket);
                while (true) {
                  datagrams.receive(batch);
                  take(batch);
                }
              })
          .join();
    }
  }

  /** By the JDK: one wait, then calls until there are no more. */
  private void channel() throws IOException {
    try (Selector selector = Selector.open();
        DatagramChannel channel = DatagramChannel.open()) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER);
      channel.bind(EchoServer.address()).configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      EchoServer.ready(((InetSocketAddress) channel.getLocalAddress()).getPort());
      ByteBuffer buffer = ByteBuffer.allocateDirect(ROOM);
      while (true) {
        NioWait.once(selector, true, key -> receive((DatagramChannel) key.channel(), buffer));
      }
    }
  }

  private void receive(DatagramChannel channel, ByteBuffer buffer) {
    try {
      while (channel.receive(buffer.clear()) != null) {
        take(buffer.flip());
        count.called(1);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
