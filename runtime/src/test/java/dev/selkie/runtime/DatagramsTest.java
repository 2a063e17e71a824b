package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.DatagramBatch;
import dev.selkie.Envelope;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.UdpSocket;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams by UDP in every style, each backend that this machine has. */
@ParameterizedClass
@ValueSource(strings = {"epoll", "poll"})
final class DatagramsTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final String backend;
  private final FaultyKernel kernel = new FaultyKernel(Kernel.system());
  private EventLoop loop;
  private UdpSocket socket;
  private Datagrams server;
  private Datagrams client;

  DatagramsTest(String backend) {
    this.backend = backend;
  }

  @BeforeEach
  void open() throws IOException {
    loop = EventLoop.builder().kernel(kernel).backend(backend).start();
    socket = UdpSocket.bind(kernel, ANY);
    server = loop.attach(socket);
    client = loop.attach(UdpSocket.connect(kernel, socket.localAddress()));
  }

  @AfterEach
  void close() {
    loop.close();
    assertThat(client.isOpen() || server.isOpen()).as("open after the loop's close").isFalse();
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ByteBuffer buffer) {
    return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
  }

  @Test
  void aPlatformThreadReceivesWhatAFiberSends() throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(100);
    Fiber<Integer> sender = loop.fiber(() -> client.send(text("hello")));
    assertThat(server.receive(target)).isEqualTo(5);
    assertThat(sender.join()).isEqualTo(5);
    assertThat(text(target)).isEqualTo("hello");
  }

  @Test
  void manyClientsAreAnsweredByOneFiber() throws Exception {
    Fiber<Object> echo = loop.fiber(this::echo);
    List<Fiber<String>> answers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String question = "question " + i;
      answers.add(loop.fiber(() -> ask(question)));
    }
    for (int i = 0; i < 10; i++) {
      assertThat(answers.get(i).join()).isEqualTo("question " + i);
    }
    echo.cancel(true);
  }

  private Object echo() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(100);
    Envelope envelope = new Envelope();
    while (true) {
      server.receive(buffer.clear(), envelope);
      server.send(buffer.flip(), envelope);
    }
  }

  private String ask(String question) throws IOException {
    try (Datagrams own = loop.attach(UdpSocket.connect(kernel, socket.localAddress()))) {
      own.send(text(question));
      ByteBuffer answer = ByteBuffer.allocate(100);
      own.receive(answer);
      return text(answer);
    }
  }

  @Test
  void emptyAndCutDatagramsAreToldApart() throws Exception {
    Envelope envelope = new Envelope();
    ByteBuffer target = ByteBuffer.allocate(3);
    client.send(text(""));
    client.send(text("four"));
    client.send(text("two"));
    assertThat(server.receive(target, envelope)).isZero();
    assertThat(envelope.isTruncated()).isFalse();
    assertThat(server.receive(target, envelope)).isEqualTo(3);
    assertThat(envelope.isTruncated()).isTrue();
    SocketAddress sender = envelope.address();
    assertThat(server.receive(target.clear(), envelope)).isEqualTo(3);
    assertThat(envelope.isTruncated()).isFalse();
    assertThat(envelope.address()).isSameAs(sender);
  }

  private static DatagramBatch batch(Datagrams of, int count) {
    DatagramBatch batch = of.newBatch(8, 16);
    for (int i = 0; i < count; i++) {
      batch.add(text("number " + i));
    }
    return batch;
  }

  /** What a batch brings is told as far as it has come, and counted in bytes. */
  private void checkBatch(DatagramBatch received, int first) {
    for (int i = 0; i < received.size(); i++) {
      assertThat(text(received.data(i).position(received.length(i))))
          .isEqualTo("number " + (first + i));
    }
  }

  @Test
  void batchesGoByParkingFibers() throws Exception {
    Fiber<Integer> receiver =
        loop.fiber(() -> {
          DatagramBatch received = server.newBatch(3, 16);
          int n = 0;
          while (n < 8) {
            assertThat(server.receive(received)).isBetween(1, 3).isEqualTo(received.size());
            checkBatch(received, n);
            n += received.size();
          }
          return n;
        });
    DatagramBatch sent = batch(client, 8);
    client.send(sent);
    assertThat(sent.remaining()).isZero();
    assertThat(receiver.join()).isEqualTo(8);
    client.send(sent); // nothing remains
  }

  @Test
  void batchesGoByFuturesAndWakers() throws Exception {
    DatagramBatch received = server.newBatch(1, 16);
    CompletableFuture<Integer> receiving = server.receiveAsync(received);
    assertThatThrownBy(() -> server.receiveAsync(received))
        .isInstanceOf(ReadPendingException.class);
    client.sendAsync(batch(client, 2)).get(5, TimeUnit.SECONDS);
    assertThat(receiving.get(5, TimeUnit.SECONDS)).isEqualTo(1);
    checkBatch(received, 0);
    assertThat(server.pollReceive(received, () -> {})).isEqualTo(1);
    checkBatch(received, 1);
    CountDownLatch woken = new CountDownLatch(1);
    assertThat(server.pollReceive(received, woken::countDown)).isEqualTo(Io.NOT_READY);
    assertThat(client.pollSend(batch(client, 1), () -> {})).isZero();
    assertThat(woken.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(server.pollReceive(received, () -> {})).isEqualTo(1);
  }

  @Test
  void aDatagramThatABatchCannotSendRemainsWithThoseBehindIt() throws Exception {
    kernel.on(SystemCall.SENDMMSG).times(1).fail(Errno.ENETUNREACH);
    DatagramBatch sent = batch(client, 2);
    assertThatThrownBy(() -> client.send(sent))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("ENETUNREACH");
    assertThat(sent.remaining()).isEqualTo(2);
    sent.skip(1);
    client.send(sent);
    DatagramBatch received = server.newBatch(8, 16);
    assertThat(server.receive(received)).isEqualTo(1);
    checkBatch(received, 1);
  }

  @Test
  void futuresReceiveAndSend() throws Exception {
    ByteBuffer target = ByteBuffer.allocate(10);
    Envelope envelope = new Envelope();
    CompletableFuture<Integer> echo =
        server
            .receiveAsync(target, envelope)
            .thenCompose(_ -> server.sendAsync(target.flip(), envelope));
    ByteBuffer answer = ByteBuffer.allocate(10);
    CompletableFuture<Integer> received = client.receiveAsync(answer);
    assertThat(client.sendAsync(text("hi")).get(10, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(echo.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(text(answer)).isEqualTo("hi");
  }

  @Test
  void aWakerIsCalledWhenADatagramMayHaveCome() throws Exception {
    CountDownLatch woken = new CountDownLatch(1);
    ByteBuffer target = ByteBuffer.allocate(10);
    Envelope envelope = new Envelope();
    assertThat(server.pollReceive(target, woken::countDown)).isEqualTo(Io.NOT_READY);
    assertThat(server.pollReceive(target, envelope, woken::countDown)).isEqualTo(Io.NOT_READY);
    assertThat(client.pollSend(text("hi"), () -> {})).isEqualTo(2);
    assertThat(woken.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.pollReceive(target, envelope, () -> {})).isEqualTo(2);
    assertThat(server.pollSend(text("answer"), envelope, () -> {})).isEqualTo(6);
    assertThat(client.receive(target.clear())).isEqualTo(6);
  }

  @Test
  void aRefusalEndsOneOperationAndNoMore() throws Exception {
    SocketAddress address = socket.localAddress();
    server.close();
    loop.submit(() -> 0)
        .get(10, TimeUnit.SECONDS); // a poll(2) under way would keep it from closing
    client.send(text("anybody?"));
    assertThatThrownBy(() -> client.receive(ByteBuffer.allocate(1)))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("ECONNREFUSED");
    CompletableFuture<Integer> waiting = client.receiveAsync(ByteBuffer.allocate(1));
    client.send(text("anybody?"));
    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(SystemCallException.class);
    try (UdpSocket again = UdpSocket.bind(kernel, address)) {
      again.send(text("me"), local(client));
      assertThat(client.receive(ByteBuffer.allocate(9))).isEqualTo(2);
    }
  }

  private static InetSocketAddress local(Datagrams datagrams) throws IOException {
    return ((UdpSocket) datagrams.source()).localAddress();
  }

  @Test
  void whatDoesNotFitIsRefusedAndTheSocketStaysUsable() throws Exception {
    assertThatThrownBy(() -> client.send(ByteBuffer.allocate(65_508)))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("65508 bytes): EMSGSIZE");
    assertThatThrownBy(() -> server.send(text("whom?"))).hasMessageContaining("EDESTADDRREQ");
    assertThat(server.send(text("you"), Envelope.to(local(client)))).isEqualTo(3);
    assertThat(client.receive(ByteBuffer.allocate(9))).isEqualTo(3);
  }

  /** Room is asked for when there is none, each time anew. */
  @Test
  void aSendWaitsForRoom() throws Exception {
    for (int i = 0; i < 3; i++) {
      FaultyKernel.Rule full = kernel.on(SystemCall.SEND).times(1).fail(Errno.EAGAIN);
      assertThat(client.send(text("parked"))).isEqualTo(6);
      assertThat(full.applied()).isOne();
      assertThat(server.receive(ByteBuffer.allocate(9))).isEqualTo(6);
      full = kernel.on(SystemCall.SENDMSG).times(1).fail(Errno.EAGAIN);
      CompletableFuture<Integer> sent = server.sendAsync(text("to"), Envelope.to(local(client)));
      assertThat(sent.get(10, TimeUnit.SECONDS)).isEqualTo(2);
      assertThat(full.applied()).isOne();
      assertThat(client.receive(ByteBuffer.allocate(9))).isEqualTo(2);
      kernel.clear();
    }
  }

  @Test
  void aCancelledReceiveTouchesNothingAndLosesNothing() throws Exception {
    ByteBuffer first = ByteBuffer.allocate(10);
    Envelope envelope = new Envelope();
    CompletableFuture<Integer> cancelled = server.receiveAsync(first, envelope);
    assertThat(cancelled.cancel(true)).isTrue();
    client.send(text("late"));
    ByteBuffer second = ByteBuffer.allocate(10);
    assertThat(server.receive(second)).isEqualTo(4);
    assertThat(first.position()).isZero();
    assertThat(envelope.address()).isNull();
    assertThatThrownBy(cancelled::join).isInstanceOf(CancellationException.class);
    CompletableFuture<Integer> timed =
        server.receiveAsync(first).orTimeout(1, TimeUnit.MILLISECONDS);
    assertThatThrownBy(() -> timed.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class);
    client.send(text("again"));
    assertThat(server.receive(second.clear())).isEqualTo(5);
  }

  @Test
  void aReceiveThatTakesTooLongOrIsInterruptedLeavesTheSocketUsable() throws Exception {
    server.readTimeout(Duration.ofMillis(20));
    assertThatThrownBy(() -> server.receive(ByteBuffer.allocate(1)))
        .isInstanceOf(SocketTimeoutException.class);
    assertThatThrownBy(() -> server.readTimeout(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must not be negative");
    server.readTimeout(Duration.ZERO);
    CompletableFuture<IOException> told = new CompletableFuture<>();
    Fiber<Boolean> parked = loop.fiber(() -> told.complete(failure()));
    untilWaiting();
    parked.cancel(true);
    assertThat(told.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    client.send(text("hi"));
    assertThat(server.receive(ByteBuffer.allocate(9))).isEqualTo(2);
  }

  private IOException failure() {
    return catchThrowableOfType(IOException.class, () -> server.receive(ByteBuffer.allocate(1)));
  }

  /** Until something of the loop waits for the server's input. */
  private void untilWaiting() {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (loop.waits().stream().noneMatch(wait -> wait.toString().contains("input of"))) {
      assertThat(System.nanoTime()).as("waits: %s", loop.waits()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void oneOfAKindAtATime() throws Exception {
    CompletableFuture<Integer> first = server.receiveAsync(ByteBuffer.allocate(1));
    assertThatThrownBy(() -> server.receive(ByteBuffer.allocate(1)))
        .isInstanceOf(ReadPendingException.class);
    assertThatThrownBy(() -> server.pollReceive(ByteBuffer.allocate(1), () -> {}))
        .isInstanceOf(ReadPendingException.class);
    assertThat(first.isDone()).isFalse();
    assertThat(server.send(text("meanwhile"), Envelope.to(local(client)))).isEqualTo(9);
    client.send(text("x"));
    assertThat(first.get(10, TimeUnit.SECONDS)).isOne();
    assertThatThrownBy(() -> server.receive(ByteBuffer.allocate(1), null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("envelope");
  }

  @Test
  void aCloseEndsWhatWaitsAndRefusesWhatComes() throws Exception {
    CompletableFuture<Integer> future = server.receiveAsync(ByteBuffer.allocate(1));
    Fiber<Integer> parked = loop.fiber(() -> client.receive(ByteBuffer.allocate(1)));
    server.close();
    client.close();
    assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(AsynchronousCloseException.class);
    assertThatThrownBy(parked::join).hasRootCauseInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> server.receive(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> server.send(text("x"))).isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void theLoopsCloseEndsWhatWaits() throws Exception {
    CompletableFuture<Integer> future = server.receiveAsync(ByteBuffer.allocate(1));
    loop.close();
    assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClosedLoopException.class);
    assertThatThrownBy(() -> client.receive(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedLoopException.class);
  }

  @Test
  void parkingTheLoopIsRefusedAndTheOtherFormNamed() throws Exception {
    assertThat(loop.submit(() -> client.send(text("at once"))).get(10, TimeUnit.SECONDS))
        .isEqualTo(7);
    server.receive(ByteBuffer.allocate(9));
    assertThatThrownBy(() ->
            loop.submit(() -> server.receive(ByteBuffer.allocate(1))).get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasStackTraceContaining("receiveAsync");
    assertThat(server.loop()).isSameAs(loop);
    assertThat(server).hasToString(socket.toString());
  }
}
