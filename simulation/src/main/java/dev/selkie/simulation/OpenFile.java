package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;
import org.jspecify.annotations.Nullable;

/**
 * An open file description: what one or more descriptors stand for.
 *
 * <p>This is the seam between what can be ready and the queues that tell so. A file says what is
 * ready now ({@link #readiness}, and the counts and ends that kqueue asks for), and tells its
 * observers of each arrival, in whose wake a queue asks again. Guarded by the network's lock.
 */
abstract class OpenFile {
  final SimulatedKernel kernel;
  final SimulatedNetwork network;
  boolean nonBlocking = true;

  /** How many descriptors stand for it. */
  int descriptors;

  private @Nullable Observer first;
  private @Nullable Observer last;

  OpenFile(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
  }

  /** Whether it is the same open file. */
  @SuppressWarnings("ReferenceEquality") // an open file is equal to nothing but itself
  final boolean is(OpenFile other) {
    return this == other;
  }

  /** What it is, in a word: {@code pipe}, {@code tcp}. */
  abstract String kind();

  /** What {@link Files#kind(int)} says of it; 0 for what has no kind of its own. */
  int format() {
    return 0;
  }

  /** What {@link Files#identity} says of it; a code for what has no number. */
  long identity() {
    return Result.ENOSYS;
  }

  /** How it was opened, as {@link Files#accessMode} tells it. */
  int accessMode() {
    return Files.O_RDWR;
  }

  /** The bits of {@link Epoll} that hold now, as poll(2) would tell them. */
  abstract int readiness();

  /** Whether it can be waited for; what cannot is always ready. */
  boolean isPollable() {
    return true;
  }

  /** The bytes that a read would give now, or connections that accept would; FIONREAD. */
  int readable() {
    return 0;
  }

  /** The bytes that a write would take now. */
  int room() {
    return 0;
  }

  /** Whether no more will arrive than is there. */
  boolean isReadEnded() {
    return false;
  }

  /** Whether nothing more can be written. */
  boolean isWriteEnded() {
    return false;
  }

  /** The pending error of a socket as a negative code, which stays pending, or 0. */
  int pendingError() {
    return 0;
  }

  /** What FIONREAD answers: a count, or ENOTTY. */
  int available() {
    return readable();
  }

  /** Reads, read(2). */
  long read(Transfer target) {
    return Result.EINVAL;
  }

  /** Writes, write(2). */
  long write(Transfer source) {
    return Result.EINVAL;
  }

  /** The last descriptor is closed: ends what it is. */
  void release() {}

  final void observe(Observer observer) {
    if (observer.isExclusive()) {
      observer.previous = last;
      if (last == null) {
        first = observer;
      } else {
        last.next = observer;
      }
      last = observer;
    } else {
      observer.next = first;
      if (first == null) {
        last = observer;
      } else {
        first.previous = observer;
      }
      first = observer;
    }
  }

  final void unobserve(Observer observer) {
    Observer before = observer.previous;
    Observer after = observer.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    observer.next = null;
    observer.previous = null;
  }

  final @Nullable Observer firstObserver() {
    return first;
  }

  final boolean isObserved() {
    return first != null;
  }

  /** Tells observers of an arrival; of exclusive ones as many as it takes to wake one. */
  final void arrived(int bits) {
    for (Observer o = first; o != null; o = o.next) {
      if (o.arrived(bits) && o.isExclusive()) {
        break;
      }
    }
  }

  /** Tells who watches the file itself of a change, by flags of EVFILT_VNODE. */
  final void noted(int notes) {
    for (Observer o = first; o != null; o = o.next) {
      o.noted(notes);
    }
  }

  /** Tells all observers of a change of state, after which anything may hold. */
  final void changed() {
    for (Observer o = first; o != null; o = o.next) {
      o.arrived(0);
    }
  }

  final void closeDescriptor() {
    if (--descriptors > 0) {
      return;
    }
    while (first != null) {
      Observer observer = first;
      unobserve(observer);
      observer.fileClosed();
    }
    release();
  }
}
