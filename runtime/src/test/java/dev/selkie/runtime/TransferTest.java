package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.Io;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** A sender, a proxy of two connections and a receiver; within the kernel and by a buffer. */
@ParameterizedClass
@CsvSource({"epoll, true", "epoll, false", "poll, true"})
final class TransferTest {
  private static final int MUCH = 3_000_000;
  private static final int CHUNK = Transfer.CHUNK;

  private final CountingKernel counting;
  private final FaultyKernel kernel;
  private final String backend;
  private final boolean splices;
  private EventLoop loop;
  private Connection sender;
  private Connection in;
  private Connection out;
  private Connection receiver;

  TransferTest(String backend, boolean splices) {
    this.backend = backend;
    this.splices = splices && Kernel.system().facilities().contains(Facility.SPLICE);
    this.counting = new CountingKernel(this.splices ? Kernel.system() : withoutSplice());
    this.kernel = new FaultyKernel(counting);
  }

  private static Kernel withoutSplice() {
    return new ForwardingKernel(Kernel.system()) {
      @Override
      public Set<Facility> facilities() {
        Set<Facility> found = EnumSet.copyOf(super.facilities());
        found.remove(Facility.SPLICE);
        return found;
      }
    };
  }

  @BeforeEach
  void open() throws Exception {
    loop = EventLoop.builder().kernel(kernel).backend(backend).start();
    try (Incoming<Connection> incoming =
        loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      sender = loop.connect(((TcpListener) incoming.source()).localAddress());
      in = incoming.take();
      out = loop.connect(((TcpListener) incoming.source()).localAddress());
      receiver = incoming.take();
    }
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private static ByteBuffer random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(10, TimeUnit.SECONDS);
  }

  @Test
  void allIsHandedOnAndTheEndToo() throws Exception {
    ByteBuffer sent = random(MUCH);
    CompletableFuture<Integer> sending = sender.writeFullyAsync(sent.duplicate());
    Fiber<Long> relay = loop.fiber(() -> in.relayTo(out));
    ByteBuffer received = ByteBuffer.allocate(MUCH);
    receiver.readFully(received);
    assertThat(soon(sending)).isEqualTo(MUCH);
    sender.shutdownOutput();
    assertThat(receiver.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    assertThat(relay.join()).isEqualTo(MUCH);
    assertThat(received.flip()).isEqualTo(sent);
    assertThat(counting.count(SystemCall.SPLICE) > 0).isEqualTo(splices);
    receiver.writeFully(random(3));
    assertThat(out.read(ByteBuffer.allocate(9))).as("the other way goes on").isEqualTo(3);
  }

  @Test
  void aFutureHandsOnAllAndLeavesTheOutputOpen() throws Exception {
    ByteBuffer sent = random(MUCH);
    CompletableFuture<Long> transfer = in.transferToAsync(out);
    CompletableFuture<Integer> sending = sender.writeFullyAsync(sent.duplicate());
    ByteBuffer received = ByteBuffer.allocate(MUCH);
    receiver.readFully(received);
    assertThat(soon(sending)).isEqualTo(MUCH);
    sender.close();
    assertThat(soon(transfer)).isEqualTo(MUCH);
    assertThat(received.flip()).isEqualTo(sent);
    assertThat(out.write(random(1))).isEqualTo(1);
  }

  @Test
  void aCountIsHandedOnAndTheRestIsLeft() throws Exception {
    ByteBuffer sent = random(2 * CHUNK);
    CompletableFuture<Integer> sending = sender.writeFullyAsync(sent.duplicate());
    assertThat(in.transferTo(out, CHUNK + 100)).isEqualTo(CHUNK + 100);
    assertThat(in.transferTo(out, 10)).isEqualTo(10);
    assertThat(soon(in.transferToAsync(out, 10))).isEqualTo(10);
    assertThat(in.transferTo(out, 0)).isZero();
    ByteBuffer received = ByteBuffer.allocate(2 * CHUNK);
    receiver.readFully(received.limit(CHUNK + 120));
    in.readFully(received.limit(2 * CHUNK));
    assertThat(received.flip()).isEqualTo(sent);
    assertThat(soon(sending)).isEqualTo(2 * CHUNK);
  }

  @Test
  void theStreamsOfConnectionsUseIt() throws Exception {
    CompletableFuture<Integer> sending = sender.writeFullyAsync(random(CHUNK));
    Fiber<Long> transfer = loop.fiber(() -> in.inputStream().transferTo(out.outputStream()));
    receiver.readFully(ByteBuffer.allocate(CHUNK));
    assertThat(soon(sending)).isEqualTo(CHUNK);
    sender.close();
    assertThat(transfer.join()).isEqualTo(CHUNK);
    assertThat(counting.count(SystemCall.SPLICE) > 0).isEqualTo(splices);
  }

  /** Sends for as long as anybody takes, until nothing has moved for some turns of the loop. */
  private long sendUntilItStands() throws Exception {
    TcpStream stream = (TcpStream) sender.source();
    Random bytes = new Random(1);
    long sent = 0;
    int standing = 0;
    byte[] some = new byte[1000];
    ByteBuffer piece = ByteBuffer.wrap(some).limit(0);
    while (standing < 20) {
      if (!piece.hasRemaining()) {
        bytes.nextBytes(some);
        piece.clear();
      }
      int n = stream.write(piece);
      if (n == Io.NOT_READY) {
        standing++;
        loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
      } else {
        standing = 0;
        sent += n;
      }
    }
    return sent;
  }

  /** What was sent must come out at the receiver as far as it was handed on, the rest at in. */
  private void checkNothingIsLost(long sent) throws Exception {
    out.shutdownOutput();
    sender.shutdownOutput();
    Random bytes = new Random(1);
    byte[] piece = new byte[1000];
    int left = 0;
    long seen = 0;
    for (Connection each : new Connection[] {receiver, in}) {
      byte[] all = each.inputStream().readAllBytes();
      for (byte value : all) {
        if (left == 0) {
          bytes.nextBytes(piece);
          left = piece.length;
        }
        if (value != piece[piece.length - left--]) {
          throw new AssertionError("byte " + seen + " is another");
        }
        seen++;
      }
    }
    assertThat(seen).isEqualTo(sent);
  }

  @Test
  void aCancelledOneLeavesTheRestToRead() throws Exception {
    CompletableFuture<Long> transfer = in.transferToAsync(out);
    long sent = sendUntilItStands();
    assertThatThrownBy(() -> in.read(ByteBuffer.allocate(1)))
        .isInstanceOf(ReadPendingException.class);
    assertThatThrownBy(() -> out.write(ByteBuffer.allocate(1)))
        .isInstanceOf(WritePendingException.class);
    assertThat(transfer.cancel(true)).isTrue();
    checkNothingIsLost(sent);
  }

  @Test
  void aSecondTransferGoesOnWhereOneWasInterrupted() throws Exception {
    Fiber<Long> transfer = loop.fiber(() -> in.transferTo(out));
    long sent = sendUntilItStands();
    transfer.thread().interrupt();
    assertThatThrownBy(transfer::join).hasRootCauseInstanceOf(InterruptedIOException.class);
    assertThatThrownBy(() -> soon(in.transferToAsync(out).orTimeout(1, TimeUnit.MILLISECONDS)))
        .isInstanceOf(ExecutionException.class);
    checkNothingIsLost(sent);
  }

  @Test
  void theReadTimeoutEndsAWaitForInput() throws Exception {
    sender.writeFully(random(100));
    in.readTimeout(Duration.ofMillis(20));
    SocketTimeoutException thrown =
        catchThrowableOfType(SocketTimeoutException.class, () -> in.transferTo(out));
    assertThat(thrown.bytesTransferred).isEqualTo(100);
    receiver.readFully(ByteBuffer.allocate(100));
  }

  @Test
  void aFailureNamesItsSide() throws Exception {
    ((TcpStream) receiver.source()).reset();
    Fiber<Long> writing = loop.fiber(() -> in.transferTo(out));
    TransferException ofOutput = null;
    while (ofOutput == null) {
      sender.pollWrite(random(CHUNK), () -> {});
      if (writing.isDone()) {
        ofOutput =
            (TransferException)
                catchThrowableOfType(ExecutionException.class, writing::join).getCause();
      }
    }
    assertThat(ofOutput.isOfInput()).isFalse();
    assertThat(ofOutput).hasMessageContaining("writing").hasMessageContaining("fd ");
    assertThat(in.read(ByteBuffer.allocate(1))).as("the input goes on").isEqualTo(1);

    Connection other = receiverOfItsOwn();
    ((TcpStream) sender.source()).reset();
    assertThatThrownBy(() -> soon(in.transferToAsync(other)))
        .cause()
        .isInstanceOf(TransferException.class)
        .hasMessageContaining("reading")
        .hasMessageContaining("ECONNRESET");
    assertThat(other.write(random(1))).isEqualTo(1);
  }

  private Connection receiverOfItsOwn() throws IOException {
    try (Incoming<Connection> incoming =
        loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      Connection made = loop.connect(((TcpListener) incoming.source()).localAddress());
      assertThat(incoming.take().isOpen()).isTrue();
      return made;
    }
  }

  @Test
  void whatCannotBeSplicedGoesByABuffer() throws Exception {
    for (long call = 1; call <= 2; call++) { // into the pipe, and out of it
      kernel.on(SystemCall.SPLICE).fromCall(call).times(1).fail(Errno.EINVAL);
      checkOneChunk();
      kernel.clear();
    }
    kernel.on(SystemCall.PIPE).times(1).fail(Errno.EMFILE);
    checkOneChunk();
    kernel.clear();
    kernel.on(SystemCall.SPLICE).times(1).fail(Errno.EINTR);
    checkOneChunk();
  }

  private void checkOneChunk() throws Exception {
    ByteBuffer sent = random(CHUNK);
    CompletableFuture<Integer> sending = sender.writeFullyAsync(sent.duplicate());
    assertThat(in.transferTo(out, CHUNK)).isEqualTo(CHUNK);
    ByteBuffer received = ByteBuffer.allocate(CHUNK);
    receiver.readFully(received);
    assertThat(received.flip()).isEqualTo(sent);
    assertThat(soon(sending)).isEqualTo(CHUNK);
  }

  @Test
  void onTheThreadOfALoopItIsRefused() throws Exception {
    Object thrown =
        loop.submit(
                () -> {
                  try {
                    return in.transferTo(out);
                  } catch (IllegalStateException e) {
                    return e;
                  }
                })
            .get(10, TimeUnit.SECONDS);
    assertThat(thrown).asString().contains("transferToAsync");
  }

  @Test
  void aChunkCostsACallIntoAndOneOutOfIt() throws Exception {
    int chunks = 8;
    ByteBuffer sent = random(chunks * CHUNK);
    CompletableFuture<Integer> sending = sender.writeFullyAsync(sent);
    assertThat(soon(sending)).as("bytes that wait to be read").isEqualTo(chunks * CHUNK);
    counting.reset();
    in.transferTo(out, (long) chunks * CHUNK);
    long moves =
        splices
            ? counting.count(SystemCall.SPLICE)
            : counting.count(SystemCall.RECV) + counting.count(SystemCall.SEND);
    // A chunk of odd pieces fills the pipe's sixteen places before its 64 KiB.
    assertThat(moves).isBetween(2L * chunks, 3L * chunks);
    receiver.readFully(ByteBuffer.allocate(chunks * CHUNK));
  }
}
