package dev.selkie;

import dev.selkie.backend.Readiness;
import java.util.ArrayList;
import java.util.List;

/**
 * The registrations that the system calls always ready, and that the queue therefore reports
 * itself: regular files, and devices without a wait of their own (epoll_ctl(2), EPERM).
 */
final class AlwaysReady<A> {
  private static final int READY = Readiness.READABLE | Readiness.WRITABLE;
  private static final int ONCE = Readiness.EDGE | Readiness.ONE_SHOT;

  /** Replaced as a whole under the queue's lock, read by the waiting thread without it. */
  private volatile List<Registration<A>> registrations = List.of();

  /** Adds a registration, due. */
  void add(Registration<A> registration) {
    List<Registration<A>> copy = new ArrayList<>(registrations);
    copy.add(registration);
    registration.setDue(true);
    registrations = copy;
  }

  /** Whether a registration is one of these. */
  boolean has(Registration<A> registration) {
    return registrations.contains(registration);
  }

  /** Makes a registration due, if it is one of these. */
  boolean arm(Registration<A> registration) {
    if (!has(registration)) {
      return false;
    }
    registration.setDue(true);
    return true;
  }

  void remove(Registration<A> registration) {
    if (has(registration)) {
      List<Registration<A>> copy = new ArrayList<>(registrations);
      copy.remove(registration);
      registrations = copy;
    }
  }

  /** Whether the next wait has one to report. */
  boolean anyDue() {
    List<Registration<A>> list = registrations;
    for (int i = 0; i < list.size(); i++) {
      if (isDue(list.get(i))) {
        return true;
      }
    }
    return false;
  }

  /** Adds an event for each that is due. */
  void report(Events<A> events) {
    List<Registration<A>> list = registrations;
    for (int i = 0; i < list.size(); i++) {
      Registration<A> registration = list.get(i);
      if (isDue(registration)) {
        if ((registration.interestBits() & ONCE) != 0) {
          registration.setDue(false);
        }
        events.add(registration, READY, 0);
      }
    }
  }

  private boolean isDue(Registration<A> registration) {
    return registration.isDue() && (registration.interestBits() & READY) != 0;
  }
}
