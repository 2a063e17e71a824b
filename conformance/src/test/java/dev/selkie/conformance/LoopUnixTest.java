package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Envelope;
import dev.selkie.Io;
import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.AncillaryData;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.net.UnixListener;
import dev.selkie.net.UnixStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Datagrams;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.SourceCall;
import dev.selkie.runtime.task.Poll;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Unix sockets on an event loop: it listens and connects at their addresses. */
@LoopContract
final class LoopUnixTest extends LoopCases {
  private final Configuration own;

  LoopUnixTest(Configuration configuration) {
    super(configuration);
    this.own = configuration;
  }

  @Test
  void fibersAndFuturesConnectToAPath() throws Exception {
    try (SocketFolder folder = new SocketFolder(own)) {
      UnixAddress address = folder.address("a");
      EventLoop loop = startedMounting();
      Incoming<Connection> incoming = loop.listen(address);
      assertThat(incoming.boundAddress()).isEqualTo(address);
      assertThatThrownBy(incoming::localAddress).isInstanceOf(IllegalStateException.class);
      Connection client = result(loop.connectAsync(address));
      Connection server = result(incoming.takeAsync());
      int received =
          result(
              loop.fiber(() -> {
                client.writeFully(ByteBuffer.allocate(1000));
                client.close();
                int sum = 0;
                ByteBuffer target = ByteBuffer.allocate(300);
                for (int n = server.read(target); n >= 0; n = server.read(target.clear())) {
                  sum += n;
                }
                server.close();
                return sum;
              }));
      assertThat(received).isEqualTo(1000);
      incoming.close();
      assertThat(faults).isEmpty();
    }
  }

  @Test
  void descriptorsArePassedInEveryStyle() throws Exception {
    EventLoop loop = startedMounting();
    UnixStream.Pair streams = UnixStream.pair(kernel);
    Connection one = loop.attach(streams.one());
    Connection other = loop.attach(streams.other());
    PipePair pipe = PipePair.open(kernel);
    ByteBuffer target = ByteBuffer.allocate(9);
    try (AncillaryData out = new AncillaryData();
        AncillaryData in = new AncillaryData()) {
      SourceCall sending =
          () -> streams.one().send(ByteBuffer.allocate(1), out.pass(pipe.reader()));
      SourceCall receiving = () -> streams.other().receive(target.clear(), in);
      CompletableFuture<Integer> byFuture = other.input().readAsync(receiving);
      assertThat(result(one.output().writeAsync(sending))).isEqualTo(1);
      assertThat(result(byFuture)).isEqualTo(1);
      in.take(PipeReader::adopt).close();
      CompletableFuture<Integer> byTask =
          loop.run(waker -> polled(other.input().pollRead(receiving, waker)));
      assertThat(one.output().pollWrite(sending, () -> {})).isEqualTo(1);
      assertThat(result(byTask)).isEqualTo(1);
      in.take(PipeReader::adopt).close();
      assertThat(
              result(
                  loop.fiber(() -> {
                    one.output().write(sending);
                    return other.input().read(receiving);
                  })))
          .isEqualTo(1);
      in.take(PipeReader::adopt).close();
      datagramsPassThem(loop, pipe, out, in);
    }
    one.close();
    other.close();
    pipe.close();
    assertThat(faults).isEmpty();
  }

  private void datagramsPassThem(EventLoop loop, PipePair pipe, AncillaryData out, AncillaryData in)
      throws Exception {
    UnixDatagramSocket.Pair sockets = UnixDatagramSocket.pair(kernel);
    Datagrams one = loop.attach(sockets.one());
    Datagrams other = loop.attach(sockets.other());
    SourceCall sending = () -> sockets.one().send(ByteBuffer.allocate(1), out.pass(pipe.writer()));
    SourceCall receiving = () -> sockets.other().receive(ByteBuffer.allocate(9), in);
    CompletableFuture<Integer> byFuture = other.receiveAsync(receiving);
    assertThat(result(one.sendAsync(sending))).isEqualTo(1);
    assertThat(result(byFuture)).isEqualTo(1);
    in.take(PipeWriter::adopt).close();
    CompletableFuture<Integer> byTask =
        loop.run(waker -> polled(other.pollReceive(receiving, waker)));
    assertThat(one.pollSend(sending, () -> {})).isEqualTo(1);
    assertThat(result(byTask)).isEqualTo(1);
    assertThat(
            result(
                loop.fiber(() -> {
                  one.send(sending);
                  return other.receive(receiving);
                })))
        .isEqualTo(1);
    assertThat(in.descriptorCount()).isEqualTo(1);
    one.close();
    other.close();
  }

  private static Poll<Integer> polled(int n) {
    return n == Io.NOT_READY ? Poll.pending() : Poll.ready(n);
  }

  @Test
  void aRefusalFailsTheFuture() throws Exception {
    try (SocketFolder folder = new SocketFolder(own)) {
      UnixAddress address = folder.address("stale");
      UnixListener.bind(kernel, address).close();
      EventLoop loop = started();
      assertThatThrownBy(() -> result(loop.connectAsync(address)))
          .hasStackTraceContaining("connect(" + address + "): ECONNREFUSED");
    }
  }

  /** The receiver has room again, of which nothing tells a sender that is not connected to it. */
  @Test
  void whoIsNotConnectedSendsOnceThereIsRoom() throws Exception {
    try (SocketFolder folder = new SocketFolder(own)) {
      UnixAddress address = folder.address("full");
      UnixDatagramSocket receiver = UnixDatagramSocket.bind(kernel, address);
      UnixDatagramSocket filling = UnixDatagramSocket.connect(kernel, address);
      int sent = 0;
      while (filling.send(ByteBuffer.allocate(1)) != Io.NOT_READY) {
        sent++;
      }
      EventLoop loop = startedMounting();
      Datagrams sender = loop.attach(UnixDatagramSocket.builder().kernel(kernel).open());
      CompletableFuture<Integer> waiting =
          sender.sendAsync(ByteBuffer.allocate(2), Envelope.to(address));
      assertThat(result(loop.fiber(() -> waiting.isDone()))).isFalse();
      for (int i = 0; i < sent; i++) {
        assertThat(receiver.receive(ByteBuffer.allocate(9))).isEqualTo(1);
      }
      assertThat(result(waiting)).isEqualTo(2);
      assertThat(receiver.receive(ByteBuffer.allocate(9))).isEqualTo(2);
      sender.close();
      filling.close();
      receiver.close();
      assertThat(faults).isEmpty();
    }
  }
}
