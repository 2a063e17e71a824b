package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections by TCP, each backend that this machine has. */
@ParameterizedClass
@ValueSource(strings = {"epoll", "poll"})
final class ConnectionTest {
  private final String backend;
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private EventLoop loop;
  private Connection client;
  private Connection server;

  ConnectionTest(String backend) {
    this.backend = backend;
  }

  @BeforeEach
  void open() throws Exception {
    loop =
        EventLoop.builder()
            .backend(backend)
            .uncaughtExceptionHandler((_, e) -> faults.add(e))
            .start();
    try (Incoming<Connection> incoming =
        loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      client = loop.connect(((TcpListener) incoming.source()).localAddress());
      server = incoming.take();
    }
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
  void aPlatformThreadReadsWhatAFiberWrites() throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(100);
    Fiber<Integer> writer = loop.fiber(() -> client.write(text("hello")));
    assertThat(server.read(target)).isEqualTo(5);
    assertThat(writer.join()).isEqualTo(5);
    assertThat(text(target)).isEqualTo("hello");
  }

  @Test
  void aMegabytePassesEachWay() throws Exception {
    int size = 1 << 20;
    Fiber<Integer> echo =
        loop.fiber(() -> {
          ByteBuffer all = ByteBuffer.allocate(size);
          server.readFully(all);
          server.writeFully(all.flip());
          return all.position();
        });
    ByteBuffer sent = ByteBuffer.allocateDirect(size);
    for (int i = 0; i < size; i++) {
      sent.put((byte) (i * 31));
    }
    client.writeFully(sent.flip());
    ByteBuffer received = ByteBuffer.allocate(size);
    client.readFully(received);
    assertThat(echo.join()).isEqualTo(size);
    assertThat(received.flip().mismatch(sent.rewind())).isEqualTo(-1);
  }

  @Test
  void theEndIsReadAgainAndAgain() throws Exception {
    client.close();
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    assertThat(server.readAsync(ByteBuffer.allocate(1)).get(10, TimeUnit.SECONDS)).isEqualTo(-1);
    assertThatThrownBy(() -> server.readFully(ByteBuffer.allocate(2)))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("2 bytes");
  }

  @Test
  void anUrgentByteDoesNotHideWhatFollowsIt() throws Exception {
    TcpStream raw = (TcpStream) client.source();
    client.writeFully(text("before"));
    raw.writeUrgent((byte) '!');
    client.writeFully(text("after"));
    ByteBuffer target = ByteBuffer.allocate(11);
    server.readFully(target);
    assertThat(text(target)).isEqualTo("beforeafter");
  }

  @Test
  void aFutureIsDoneWhenBytesHaveCome() throws Exception {
    ByteBuffer target = ByteBuffer.allocate(10);
    CompletableFuture<String> answer = server.readAsync(target).thenApply(_ -> text(target));
    assertThat(client.writeAsync(text("hi")).get(10, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hi");
  }

  /** Each stage finds its byte there at once, and begins the next. */
  @Test
  void aLongChainOfFuturesNeitherGrowsTheStackNorHoldsUpTheLoop() throws Exception {
    int many = 20_000;
    client.writeFully(ByteBuffer.allocate(many));
    CompletableFuture<Integer> all = new CompletableFuture<>();
    loop.execute(() -> readOne(ByteBuffer.allocate(1), many, all));
    assertThat(loop.submit(() -> 7).get(10, TimeUnit.SECONDS)).isEqualTo(7);
    assertThat(all.get(15, TimeUnit.SECONDS)).isZero();
  }

  /** The loop is held meanwhile, so that it completes nothing before a stage is added. */
  @Test
  void aLongChainThatBeginsElsewhereGoesOnOnTheLoop() throws Exception {
    int many = 20_000;
    client.writeFully(ByteBuffer.allocate(many));
    CountDownLatch begun = new CountDownLatch(1);
    Future<Boolean> held = loop.submit(() -> begun.await(10, TimeUnit.SECONDS));
    CompletableFuture<Integer> all = new CompletableFuture<>();
    readOne(ByteBuffer.allocate(1), many, all);
    assertThat(all).as("more than a stack holds").isNotDone();
    begun.countDown();
    assertThat(held.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(all.get(15, TimeUnit.SECONDS)).isZero();
  }

  /** Nothing has come, and all that could go out has gone. */
  @Test
  void toMoveNothingIsDoneAtOnceInEachStyle() throws Exception {
    ByteBuffer none = ByteBuffer.allocate(0);
    while (client.pollWrite(ByteBuffer.allocate(1 << 20), () -> {}) != Io.NOT_READY) {
      // until the system takes no more
    }
    assertThat(client.read(none)).isZero();
    assertThat(client.write(none)).isZero();
    assertThat(client.readAsync(none)).isCompletedWithValue(0);
    assertThat(client.writeAsync(none)).isCompletedWithValue(0);
    assertThat(client.readFullyAsync(none)).isCompletedWithValue(0);
    assertThat(client.pollRead(none, () -> {})).isZero();
    assertThat(client.pollWrite(none, () -> {})).isZero();
    client.close();
    assertThatThrownBy(() -> client.read(none)).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.write(none)).isInstanceOf(ClosedChannelException.class);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the last stage tells
  private void readOne(ByteBuffer one, int left, CompletableFuture<Integer> all) {
    if (left == 0) {
      all.complete(0);
      return;
    }
    server
        .readAsync(one.clear())
        .thenAccept(_ -> readOne(one, left - 1, all))
        .whenComplete((_, failure) -> {
          if (failure != null) {
            all.completeExceptionally(failure);
          }
        });
  }

  @Test
  void aCancelledFutureTouchesItsBufferNoMore() throws Exception {
    ByteBuffer first = ByteBuffer.allocate(10);
    CompletableFuture<Integer> cancelled = server.readAsync(first);
    assertThat(cancelled.cancel(true)).isTrue();
    CompletableFuture<Integer> late = server.readAsync(first).orTimeout(1, TimeUnit.MILLISECONDS);
    assertThatThrownBy(() -> late.get(10, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    client.write(text("x"));
    ByteBuffer second = ByteBuffer.allocate(10);
    assertThat(server.read(second)).isEqualTo(1);
    assertThat(first.position()).isZero();
    assertThatThrownBy(cancelled::get).isInstanceOf(CancellationException.class);
  }

  @Test
  void aWakerIsCalledOnceThereIsSomething() throws Exception {
    CountDownLatch woken = new CountDownLatch(1);
    ByteBuffer target = ByteBuffer.allocate(10);
    assertThat(server.pollRead(target, woken::countDown)).isEqualTo(Io.NOT_READY);
    assertThat(woken.getCount()).isEqualTo(1);
    client.write(text("abc"));
    assertThat(woken.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.pollRead(target, () -> {})).isEqualTo(3);
  }

  @Test
  void aWakerThatThrowsDoesNotKeepTheOtherDirectionFromBeingWoken() throws Exception {
    RuntimeException thrown = new IllegalStateException("by the waker");
    assertThat(
            client.pollRead(
                ByteBuffer.allocate(1),
                () -> {
                  throw thrown;
                }))
        .isEqualTo(Io.NOT_READY);
    ByteBuffer much = ByteBuffer.allocateDirect(1 << 22);
    while (client.pollWrite(much.clear(), () -> {}) != Io.NOT_READY) {
      // until the system takes no more
    }
    CompletableFuture<Integer> write = client.writeAsync(much);
    client.close();
    assertThatThrownBy(() -> write.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(AsynchronousCloseException.class);
    assertThat(faults).containsExactly(thrown);
  }

  @Test
  void aSecondReadIsRefusedWhileOneIsUnderWay() {
    CompletableFuture<Integer> pending = server.readAsync(ByteBuffer.allocate(1));
    assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1)))
        .isInstanceOf(ReadPendingException.class);
    assertThatThrownBy(() -> server.readAsync(ByteBuffer.allocate(1)))
        .isInstanceOf(ReadPendingException.class);
    pending.cancel(false);
  }

  @Test
  void anInterruptedReadLeavesTheConnectionUsable() throws Exception {
    Fiber<Integer> reader = loop.fiber(() -> server.read(ByteBuffer.allocate(1)));
    while (reader.thread().getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    reader.thread().interrupt();
    assertThatThrownBy(reader::join).hasRootCauseInstanceOf(InterruptedIOException.class);
    client.write(text("x"));
    assertThat(server.read(ByteBuffer.allocate(9))).isEqualTo(1);
  }

  @Test
  void aReadThatTakesTooLongTimesOutAndLeavesTheConnectionUsable() throws Exception {
    server.readTimeout(Duration.ofMillis(3));
    assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1)))
        .isInstanceOf(SocketTimeoutException.class);
    assertThatThrownBy(() -> loop.fiber(() -> server.read(ByteBuffer.allocate(1))).join())
        .hasRootCauseInstanceOf(SocketTimeoutException.class);
    server.readTimeout(Duration.ZERO);
    client.write(text("x"));
    assertThat(server.read(ByteBuffer.allocate(9))).isEqualTo(1);
  }

  @Test
  void closingTellsWhoWaitsAndWhoComesLater() throws Exception {
    CompletableFuture<Integer> future = server.readAsync(ByteBuffer.allocate(1));
    Fiber<Integer> fiber = loop.fiber(() -> client.read(ByteBuffer.allocate(1)));
    while (fiber.thread().getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    server.source().close(); // the source behind it as well
    assertThatThrownBy(future::join).hasRootCauseInstanceOf(AsynchronousCloseException.class);
    assertThat(fiber.join()).as("the peer's end").isEqualTo(-1);
    assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class)
        .isNotInstanceOf(AsynchronousCloseException.class);
  }

  @Test
  void theLoopsCloseTellsWhoWaits() throws Exception {
    CompletableFuture<Integer> future = server.readAsync(ByteBuffer.allocate(1));
    loop.close();
    assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(ClosedLoopException.class);
    assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedLoopException.class);
  }

  @Test
  void aRefusedConnectionIsTold() throws IOException {
    InetSocketAddress nobody;
    try (TcpListener listener =
        TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      nobody = listener.localAddress();
    }
    assertThatThrownBy(() -> loop.connect(nobody)).hasMessageContaining("ECONNREFUSED");
    assertThatThrownBy(() -> loop.connectAsync(nobody).get(10, TimeUnit.SECONDS))
        .hasMessageContaining("ECONNREFUSED");
    assertThatThrownBy(() -> loop.connect("localhost", nobody.getPort(), Duration.ofSeconds(10)))
        .hasMessageContaining("ECONNREFUSED");
  }

  @Test
  void aNameIsLookedUpOffTheLoop() throws Exception {
    try (Incoming<Connection> incoming =
        loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      int port = ((TcpListener) incoming.source()).localAddress().getPort();
      loop.connect("localhost", port, Duration.ofSeconds(10)).close();
      incoming.take().close();
      loop.connectAsync("localhost", port).get(10, TimeUnit.SECONDS).close();
      incoming.takeAsync().get(10, TimeUnit.SECONDS).close();
    }
  }
}
