package dev.selkie.runtime.flow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;
import org.testng.annotations.AfterClass;

/** The rules of subscribers, for a pipe that has room. */
public final class OutputSubscriberVerification
    extends FlowSubscriberBlackboxVerification<ByteBuffer> {
  private final Pipes pipes = new Pipes();

  public OutputSubscriberVerification() {
    super(new TestEnvironment(1_000, 30));
  }

  @AfterClass
  public void close() {
    pipes.close();
  }

  @Override
  public Flow.Subscriber<ByteBuffer> createFlowSubscriber() {
    try {
      return new OutputSubscriber(pipes.loop.attach(pipes.open().writer()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public ByteBuffer createElement(int element) {
    return ByteBuffer.wrap(new byte[] {(byte) element});
  }
}
