package dev.selkie.runtime.flow;

import dev.selkie.runtime.ClosedLoopException;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A publisher of the items of a loop, for one subscriber. */
final class Unicast<T> implements Flow.Publisher<T> {
  /** What looking for an item has found. */
  enum Found {
    ITEM,
    NOTHING,
    END
  }

  /** Where the items come from; on the loop. */
  interface Items<T> {
    /** Looks for the next item, or has a waker called when there may be one. */
    Found next(Waker waker) throws IOException;

    /** The item that was found. */
    T take();

    /** Takes a waker back. */
    void forget(Waker waker);
  }

  private final EventLoop loop;
  private final Items<T> items;
  private final AtomicBoolean taken = new AtomicBoolean();

  Unicast(EventLoop loop, Items<T> items) {
    this.loop = loop;
    this.items = items;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    if (!taken.compareAndSet(false, true)) {
      refuse(
          subscriber, new IllegalStateException("it has a subscriber: what is read is read once"));
      return;
    }
    Emission<T> emission = new Emission<>(items, subscriber);
    subscriber.onSubscribe(emission);
    try {
      var _ =
          loop.run(emission.task())
              .whenComplete((_, failure) -> {
                if (failure != null) {
                  end(emission, failure);
                }
              });
    } catch (RejectedExecutionException e) {
      end(emission, new ClosedLoopException());
    }
  }

  private void end(Emission<T> emission, Throwable failure) {
    Throwable thrown = failure; // by the subscriber, if that is told nothing more
    try {
      if (emission.end(failure)) {
        return;
      }
    } catch (Throwable e) {
      thrown = e;
    }
    report(new IllegalStateException("a subscriber has thrown (rule 2.13)", thrown));
  }

  /** What a subscriber has thrown goes where the loop's other faults do, if it has not ended. */
  private void report(IllegalStateException thrown) {
    try {
      loop.execute(() -> {
        throw thrown;
      });
    } catch (RejectedExecutionException e) {
      System.getLogger("dev.selkie.runtime").log(System.Logger.Level.ERROR, loop::name, thrown);
    }
  }

  private static void refuse(Flow.Subscriber<?> subscriber, Exception reason) {
    subscriber.onSubscribe(
        new Flow.Subscription() {
          @Override
          public void request(long n) {}

          @Override
          public void cancel() {}
        });
    subscriber.onError(reason);
  }
}
