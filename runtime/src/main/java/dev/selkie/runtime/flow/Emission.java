package dev.selkie.runtime.flow;

import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The items of a publisher on their way to its subscriber: a task that goes on as far as was
 * requested. It tells the subscriber of one thing at a time, and of an end once.
 */
final class Emission<T> implements Flow.Subscription {
  private final Unicast.Items<T> items;

  /** What was requested and not handed out. */
  private final AtomicLong demand = new AtomicLong();

  /** Null when it is over, so that nothing keeps the subscriber; of the loop, but for failures. */
  private volatile Flow.@Nullable Subscriber<? super T> subscriber;

  private volatile boolean cancelled;
  private volatile boolean misused;
  private volatile Waker waker = () -> {};

  Emission(Unicast.Items<T> items, Flow.Subscriber<? super T> subscriber) {
    this.items = items;
    this.subscriber = subscriber;
  }

  Task<@Nullable Void> task() {
    return this::poll;
  }

  @Override
  public void request(long count) {
    if (count <= 0) {
      misused = true;
    } else {
      demand.accumulateAndGet(
          count, (held, more) -> held + more < 0 ? Long.MAX_VALUE : held + more);
    }
    waker.wake();
  }

  @Override
  public void cancel() {
    cancelled = true;
    waker.wake();
  }

  private Poll<@Nullable Void> poll(Waker next) {
    waker = next;
    while (true) { // not for long: after so many in a row a source finds nothing
      if (cancelled) {
        subscriber = null;
        items.forget(next);
      } else if (misused) {
        end(new IllegalArgumentException("a request of less than 1 (rule 3.9)"));
      } else if (demand.get() == 0) {
        return Poll.pending();
      } else if (!emit(next)) {
        return Poll.pending();
      }
      if (subscriber == null) {
        return Poll.ready(null);
      }
    }
  }

  /** Hands the next item out, or the end; whether there was one. */
  private boolean emit(Waker next) {
    Flow.Subscriber<? super T> receiver = subscriber;
    if (receiver == null) {
      return true;
    }
    try {
      switch (items.next(next)) {
        case NOTHING -> {
          return false;
        }
        case END -> {
          subscriber = null;
          receiver.onComplete();
          return true;
        }
        case ITEM -> {}
      }
    } catch (IOException e) {
      end(e);
      return true;
    }
    T item = items.take();
    demand.getAndUpdate(held -> held == Long.MAX_VALUE ? held : held - 1);
    try {
      receiver.onNext(item);
    } catch (Throwable e) {
      subscriber = null; // it has broken rule 2.13, and is told nothing more
      throw e;
    }
    return true;
  }

  /** Ends with a failure; whether there was a subscriber to be told. */
  boolean end(Throwable failure) {
    Flow.Subscriber<? super T> receiver = cancelled ? null : subscriber;
    subscriber = null;
    if (receiver != null) {
      receiver.onError(failure);
    }
    return receiver != null;
  }
}
