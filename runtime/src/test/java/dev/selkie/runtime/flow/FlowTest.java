package dev.selkie.runtime.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.net.TcpListener;
import dev.selkie.runtime.ClosedLoopException;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Output;
import dev.selkie.runtime.Waker;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;

/** Views as reactive streams: by the rules of the specification's own kit, and end to end. */
@Timeout(60)
final class FlowTest {
  private final Pipes pipes = new Pipes();

  @AfterEach
  void close() {
    pipes.close();
  }

  /** A subscriber that keeps what it is told, and requests when the test does. */
  private static class Keeping<T> implements Flow.Subscriber<T> {
    final LinkedBlockingQueue<T> items = new LinkedBlockingQueue<>();
    final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    Flow.@Nullable Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
    }

    @Override
    public void onNext(T item) {
      items.add(item);
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      end.complete(null);
    }
  }

  private static void verify(Class<?> verification, int least) {
    TestNG kit = new TestNG(false);
    TestListenerAdapter results = new TestListenerAdapter();
    kit.setVerbose(0);
    kit.addListener(results);
    kit.setTestClasses(new Class<?>[] {verification});
    kit.run();
    assertThat(results.getFailedTests())
        .extracting(ITestResult::getName, ITestResult::getThrowable)
        .isEmpty();
    assertThat(results.getConfigurationFailures()).isEmpty();
    assertThat(results.getPassedTests()).hasSizeGreaterThanOrEqualTo(least);
  }

  @Test
  void anInputIsAPublisherByTheRules() {
    verify(InputPublisherVerification.class, 25);
  }

  @Test
  void anOutputIsASubscriberByTheRules() {
    verify(OutputSubscriberVerification.class, 7);
  }

  @Test
  void whatComesInGoesOutAgainUnderBackpressure() throws Exception {
    int bytes = 1 << 20; // more than the pipes hold
    PipePair from = pipes.open();
    PipePair to = pipes.open();
    Output source = pipes.loop.attach(from.writer());
    OutputSubscriber sink = new OutputSubscriber(pipes.loop.attach(to.writer()));
    Publishers.of(pipes.loop.attach(from.reader()), 1_000).subscribe(sink);
    ByteBuffer sent = ByteBuffer.allocate(bytes);
    for (int i = 0; i < bytes; i++) {
      sent.put(i, (byte) (i % 251));
    }
    CompletableFuture<Integer> writing = source.writeFullyAsync(sent);
    ByteBuffer got = ByteBuffer.allocate(bytes);
    pipes.loop.attach(to.reader()).readFullyAsync(got).get(20, TimeUnit.SECONDS);
    assertThat(writing.get(20, TimeUnit.SECONDS)).isEqualTo(bytes);
    from.writer().close();
    assertThat(sink.done().get(20, TimeUnit.SECONDS)).isEqualTo(bytes);
    assertThat(got.flip()).isEqualTo(sent.flip());
  }

  @Test
  void connectionsArriveAsTheyAreRequested() throws Exception {
    Incoming<Connection> incoming =
        pipes.loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    InetSocketAddress address = ((TcpListener) incoming.source()).localAddress();
    Keeping<Connection> taken = new Keeping<>();
    Publishers.of(incoming).subscribe(taken);
    try (Connection one = pipes.loop.connect(address);
        Connection two = pipes.loop.connect(address)) {
      taken.subscription.request(1);
      Connection first = taken.items.poll(10, TimeUnit.SECONDS);
      assertThat(first).isNotNull();
      pipes.loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
      assertThat(taken.items).as("not requested").isEmpty();
      taken.subscription.request(5);
      Connection second = taken.items.poll(10, TimeUnit.SECONDS);
      assertThat(second).isNotNull();
      incoming.close();
      taken.end.get(10, TimeUnit.SECONDS);
      assertThat(one.isOpen() && two.isOpen()).isTrue();
      first.close();
      second.close();
    }
  }

  @Test
  void aClosedLoopEndsAStreamWithAnError() throws Exception {
    PipePair pipe = pipes.open();
    Keeping<ByteBuffer> reading = new Keeping<>();
    Publishers.of(pipes.loop.attach(pipe.reader()), 10).subscribe(reading);
    reading.subscription.request(1);
    pipes.loop.close();
    assertThatThrownBy(() -> reading.end.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClosedLoopException.class);
  }

  @Test
  void aSubscriptionThatIsCancelledWaitsForNothing() throws Exception {
    Keeping<ByteBuffer> reading = new Keeping<>();
    Publishers.of(pipes.loop.attach(pipes.open().reader()), 10).subscribe(reading);
    reading.subscription.request(1);
    pipes.loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
    assertThat(pipes.loop.waits()).hasSize(1);
    reading.subscription.cancel();
    pipes.loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
    assertThat(pipes.loop.waits()).isEmpty();
  }

  @Test
  void aSubscriptionToAClosedLoopEndsWithThatError() throws Exception {
    Incoming<Connection> incoming =
        pipes.loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    pipes.loop.shutdown();
    Keeping<Connection> late = new Keeping<>();
    Publishers.of(incoming).subscribe(late);
    assertThatThrownBy(() -> late.end.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClosedLoopException.class);
  }

  /** Items of which each fails as it is taken. */
  private static final class Spoilt implements Unicast.Items<String> {
    @Override
    public Unicast.Found next(Waker waker) {
      return Unicast.Found.ITEM;
    }

    @Override
    public String take() {
      throw new IllegalStateException("spoilt");
    }

    @Override
    public void forget(Waker waker) {}
  }

  @Test
  void anItemThatCannotBeTakenIsNotTheSubscribersFault() {
    Keeping<String> taken = new Keeping<>();
    new Unicast<>(pipes.loop, new Spoilt()).subscribe(taken);
    taken.subscription.request(1);
    assertThatThrownBy(() -> taken.end.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("spoilt");
  }

  @Test
  void whatASubscriberThrowsAtTheEndIsReported() throws Exception {
    LinkedBlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
    try (EventLoop loop =
        EventLoop.builder().uncaughtExceptionHandler((_, e) -> faults.add(e)).start()) {
      Keeping<String> throwing =
          new Keeping<>() {
            @Override
            public void onError(Throwable failure) {
              throw new IllegalArgumentException("thrown at the end");
            }
          };
      new Unicast<>(loop, new Spoilt()).subscribe(throwing);
      throwing.subscription.request(1);
      assertThat(faults.poll(10, TimeUnit.SECONDS)).hasRootCauseMessage("thrown at the end");
    }
  }

  @Test
  void aWriteThatFailsCancelsTheSubscription() throws Exception {
    PipePair from = pipes.open();
    PipePair to = pipes.open();
    to.reader().close();
    OutputSubscriber sink = new OutputSubscriber(pipes.loop.attach(to.writer()));
    from.writer().write(ByteBuffer.allocate(1));
    Publishers.of(pipes.loop.attach(from.reader()), 10).subscribe(sink);
    assertThatThrownBy(() -> sink.done().get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IOException.class)
        .hasMessageContaining("EPIPE");
  }

  @Test
  void aWriteThatFailsAfterTheEndOfTheStreamIsTold() throws Exception {
    PipePair to = pipes.open();
    Output output = pipes.loop.attach(to.writer());
    OutputSubscriber sink = new OutputSubscriber(output);
    sink.onSubscribe(NOTHING);
    sink.onNext(ByteBuffer.allocate(1 << 20)); // more than a pipe holds
    sink.onComplete();
    assertThat(sink.done()).isNotDone();
    to.reader().close();
    assertThatThrownBy(() -> sink.done().get(10, TimeUnit.SECONDS)).hasMessageContaining("EPIPE");
  }

  @Test
  void anOutputThatSomebodyElseWritesIsTold() throws Exception {
    Output output = pipes.loop.attach(pipes.open().writer());
    CompletableFuture<Integer> other = output.writeFullyAsync(ByteBuffer.allocate(1 << 20));
    OutputSubscriber sink = new OutputSubscriber(output);
    sink.onSubscribe(NOTHING);
    sink.onNext(ByteBuffer.allocate(1));
    assertThat(other).isNotDone();
    assertThatThrownBy(() -> sink.done().get(10, TimeUnit.SECONDS))
        .hasMessageContaining("a write is under way");
  }

  private static final Flow.Subscription NOTHING =
      new Flow.Subscription() {
        @Override
        public void request(long count) {}

        @Override
        public void cancel() {}
      };

  @Test
  void buffersHaveRoom() throws Exception {
    PipePair pipe = pipes.open();
    var input = pipes.loop.attach(pipe.reader());
    assertThatIllegalArgumentException().isThrownBy(() -> Publishers.of(input, 0));
  }
}
