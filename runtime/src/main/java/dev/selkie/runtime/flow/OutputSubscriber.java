package dev.selkie.runtime.flow;

import dev.selkie.runtime.Output;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * An output as the subscriber of reactive streams: it writes each buffer whole, and requests the
 * next one then, so that a slow reader holds up the publisher.
 *
 * <p>A buffer belongs to it until the next one is requested. The end of the stream leaves the
 * output open. A write that fails cancels the subscription.
 */
public final class OutputSubscriber implements Flow.Subscriber<ByteBuffer> {
  private final Output output;
  private final CompletableFuture<Long> done = new CompletableFuture<>();

  /** The last write that was begun. */
  private CompletableFuture<?> writing = CompletableFuture.completedFuture(null);

  private Flow.@Nullable Subscription subscription;
  private long bytes;

  /** The publisher has failed: there is nothing to cancel (rule 2.3). */
  private volatile boolean ended;

  /** A subscriber of one publisher. */
  public OutputSubscriber(Output output) {
    this.output = output;
  }

  /**
   * The count of bytes, when all of the stream was written; it fails with what the publisher, or a
   * write, has failed of. Who cancels it cancels the subscription.
   */
  public CompletableFuture<Long> done() {
    return done;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    Objects.requireNonNull(given, "subscription");
    if (subscription != null) {
      given.cancel();
      return;
    }
    subscription = given;
    var _ =
        done.whenComplete((_, failure) -> {
          if (failure != null && !ended) {
            given.cancel();
          }
        });
    given.request(1);
  }

  @Override
  public void onNext(ByteBuffer buffer) {
    bytes += buffer.remaining();
    CompletableFuture<?> write;
    try {
      write = output.writeFullyAsync(buffer);
    } catch (RuntimeException e) { // somebody else writes
      write = CompletableFuture.failedFuture(e);
    }
    writing = write;
    var _ =
        write.whenComplete((_, failure) -> {
          if (failure != null) {
            done.completeExceptionally(failure);
          } else if (!done.isDone()) {
            Objects.requireNonNull(subscription).request(1);
          }
        });
  }

  @Override
  public void onError(Throwable failure) {
    ended = true;
    done.completeExceptionally(Objects.requireNonNull(failure, "failure"));
  }

  @Override
  public void onComplete() {
    var _ =
        writing.whenComplete((_, failure) -> {
          if (failure == null) {
            done.complete(bytes);
          } else {
            done.completeExceptionally(failure);
          }
        });
  }
}
