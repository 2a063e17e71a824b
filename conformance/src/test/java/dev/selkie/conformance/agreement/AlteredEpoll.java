package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;

/** A kernel whose epoll has a bug, to see that the model finds it. */
record AlteredEpoll(Kernel kernel, Bug bug) implements Kernel, Epoll {
  /** The bugs. */
  enum Bug {
    /** The end of the peer's sending is not asked for. */
    NO_READ_HANGUP {
      @Override
      int altered(int events) {
        return events & ~RDHUP;
      }
    },
    /** Urgent data is not asked for. */
    NO_PRIORITY {
      @Override
      int altered(int events) {
        return events & ~PRI;
      }
    },
    /** Edges are levels. */
    NO_EDGES {
      @Override
      int altered(int events) {
        return events & ~ET;
      }
    },
    /** Levels are edges. */
    NO_LEVELS {
      @Override
      int altered(int events) {
        return (events & EXCLUSIVE) == 0 ? events | ET : events;
      }
    },
    /** Nothing is disarmed. */
    NO_ONE_SHOT {
      @Override
      int altered(int events) {
        return events & ~ONESHOT;
      }
    },
    /** A delete is forgotten. */
    NO_DELETE,
    /** A change is forgotten. */
    NO_MODIFY;

    int altered(int events) {
      return events;
    }
  }

  @Override
  public Epoll epoll() {
    return this;
  }

  @Override
  public int create() {
    return kernel.epoll().create();
  }

  @Override
  public int add(int queue, int descriptor, int events, long token) {
    return kernel.epoll().add(queue, descriptor, bug.altered(events), token);
  }

  @Override
  public int modify(int queue, int descriptor, int events, long token) {
    return bug == Bug.NO_MODIFY
        ? 0
        : kernel.epoll().modify(queue, descriptor, bug.altered(events), token);
  }

  @Override
  public int delete(int queue, int descriptor) {
    return bug == Bug.NO_DELETE ? 0 : kernel.epoll().delete(queue, descriptor);
  }

  @Override
  public EventBatch newBatch(int capacity) {
    return kernel.epoll().newBatch(capacity);
  }

  @Override
  public int await(int queue, EventBatch batch, long timeoutNanos) {
    return kernel.epoll().await(queue, batch, timeoutNanos);
  }

  @Override
  public Files files() {
    return kernel.files();
  }

  @Override
  public Sockets sockets() {
    return kernel.sockets();
  }

  @Override
  public Clock clock() {
    return kernel.clock();
  }
}
