package dev.selkie.runtime.flow;

import dev.selkie.source.PipePair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.annotations.AfterClass;

/** The rules of publishers, for the bytes that a pipe holds. */
public final class InputPublisherVerification extends FlowPublisherVerification<ByteBuffer> {
  private static final int PIPE_HOLDS = 10_000;

  private final Pipes pipes = new Pipes();

  public InputPublisherVerification() {
    super(new TestEnvironment(1_000, 30));
  }

  @AfterClass
  public void close() {
    pipes.close();
  }

  @Override
  public long maxElementsFromPublisher() {
    return PIPE_HOLDS;
  }

  @Override
  public Flow.Publisher<ByteBuffer> createFlowPublisher(long elements) {
    try {
      PipePair pipe = pipes.open();
      pipe.writer().write(ByteBuffer.allocate((int) elements));
      pipe.writer().close();
      return Publishers.of(pipes.loop.attach(pipe.reader()), 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Flow.Publisher<ByteBuffer> createFailedFlowPublisher() {
    Flow.Publisher<ByteBuffer> taken = createFlowPublisher(1);
    taken.subscribe(new Ignoring<>());
    return taken;
  }

  /** A subscriber that asks for nothing. */
  private static final class Ignoring<T> implements Flow.Subscriber<T> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {}

    @Override
    public void onNext(T item) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
  }
}
