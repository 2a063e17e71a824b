package dev.selkie.source;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Children that were closed while they ran: their status is taken at their end. */
final class Orphans implements Runnable {
  /*
   * One thread for all children of a kernel, as long as there are any. It has a queue, in which
   * each is watched; those that could not be watched, for lack of a descriptor, are asked now and
   * then.
   */
  private static final Map<Kernel, Orphans> ALL = new HashMap<>();
  private static final long ASK_NANOS = 100_000_000;

  private final Kernel kernel;

  /** Null if there was no descriptor for it either. */
  private final @Nullable EventQueue<ProcessWatch> queue;

  private final Set<ProcessWatch> watched = new HashSet<>();
  private final Set<Integer> unwatched = new HashSet<>();

  private Orphans(Kernel kernel) {
    this.kernel = kernel;
    this.queue = open(kernel);
  }

  private static @Nullable EventQueue<ProcessWatch> open(Kernel kernel) {
    try {
      return EventQueue.open(kernel);
    } catch (IOException _) {
      return null;
    }
  }

  /** Takes over a child whose status nobody has taken. */
  static void adopt(Kernel kernel, int process) {
    if (hasEnded(kernel, process) || kernel.processes().disown(process) == 0) {
      return;
    }
    synchronized (ALL) {
      Orphans orphans = ALL.get(kernel);
      if (orphans == null) {
        orphans = new Orphans(kernel);
        ALL.put(kernel, orphans);
        orphans.add(process);
        Thread.ofPlatform().daemon().name("selkie-orphans").start(orphans);
      } else {
        orphans.add(process);
      }
    }
  }

  private static boolean hasEnded(Kernel kernel, int process) {
    int result = kernel.processes().reap(process);
    return result != Result.EAGAIN && result != Result.EINTR;
  }

  private void add(int process) {
    if (queue == null) {
      unwatched.add(process);
      return;
    }
    try {
      ProcessWatch watch = ProcessWatch.open(kernel, process);
      try {
        queue.register(watch, Interest.READABLE, watch);
        watched.add(watch);
      } catch (IOException | RuntimeException e) {
        watch.close();
        throw e;
      }
    } catch (IOException | RuntimeException _) {
      unwatched.add(process);
      queue.wake();
    }
  }

  @Override
  public void run() {
    do {
      await();
    } while (!isOver());
  }

  private void await() {
    long nanos;
    synchronized (ALL) {
      nanos = unwatched.isEmpty() ? Long.MAX_VALUE : ASK_NANOS;
    }
    if (queue == null) {
      kernel.clock().sleep(nanos);
      return;
    }
    try {
      for (Event<ProcessWatch> event : queue.awaitNanos(nanos)) {
        ProcessWatch watch = event.attachment();
        if (hasEnded(kernel, watch.number())) {
          watch.close();
          forget(watch);
        }
      }
    } catch (RuntimeException _) {
      kernel.clock().sleep(ASK_NANOS); // out of memory, say: it is tried again
    }
  }

  private void forget(ProcessWatch watch) {
    synchronized (ALL) {
      watched.remove(watch);
    }
  }

  /** Whether there is none left: the next one has a thread of its own again. */
  private boolean isOver() {
    synchronized (ALL) {
      unwatched.removeIf(process -> hasEnded(kernel, process));
      if (!watched.isEmpty() || !unwatched.isEmpty()) {
        return false;
      }
      ALL.remove(kernel);
      if (queue != null) {
        queue.close();
      }
      return true;
    }
  }
}
