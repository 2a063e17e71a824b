package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import org.jspecify.annotations.Nullable;

/** A registration in a simulated epoll: of a number and the open file that it stood for. */
final class EpollItem extends Observer {
  /** What is left of the bits when a one-shot registration has been reported. */
  private static final int PRIVATE = Epoll.EXCLUSIVE | Epoll.ONESHOT | Epoll.ET;

  final EpollInstance queue;
  final int number;
  int events;
  long token;

  /** Another registration of the same number, of an older open file. */
  @Nullable EpollItem sameNumber;

  /** The neighbours in the queue's ready list, both null while it is not in it. */
  @Nullable EpollItem nextReady;

  @Nullable EpollItem previousReady;

  /** The round of collecting that reported it last. */
  long reported;

  EpollItem(EpollInstance queue, OpenFile file, int number, int events, long token) {
    super(file);
    this.queue = queue;
    this.number = number;
    this.events = events;
    this.token = token;
  }

  boolean isArmed() {
    return (events & ~PRIVATE) != 0;
  }

  void disarm() {
    events &= PRIVATE;
  }

  /** What holds of what it asks for. */
  int ready() {
    return file.readiness() & events;
  }

  @Override
  boolean isExclusive() {
    return (events & Epoll.EXCLUSIVE) != 0;
  }

  @Override
  boolean arrived(int bits) {
    if (!isArmed() || (bits != 0 && (bits & events) == 0)) {
      return false;
    }
    return queue.becameReady(this, bits);
  }

  @Override
  void fileClosed() {
    queue.forget(this);
  }
}
