package dev.selkie.simulation;

import org.jspecify.annotations.Nullable;

/** What is told of the arrivals at one open file: a registration in a readiness queue. */
abstract class Observer {
  /** The file, and the neighbours in its list, while it is observed. */
  final OpenFile file;

  @Nullable Observer next;
  @Nullable Observer previous;

  Observer(OpenFile file) {
    this.file = file;
  }

  /**
   * Something has arrived: data, room, an end, an error. What is ready may have been ready before.
   *
   * @param bits the conditions that may have changed, as {@code Epoll} names them; 0 for any
   * @return whether somebody who waits for it was woken
   */
  abstract boolean arrived(int bits);

  /** The file itself has changed, by flags of EVFILT_VNODE. */
  void noted(int notes) {}

  /** The last descriptor of the file was closed; the observer is off the list by then. */
  abstract void fileClosed();

  /** Whether one woken observer of this kind is enough, EPOLLEXCLUSIVE. */
  boolean isExclusive() {
    return false;
  }
}
