package dev.selkie.runtime;

import dev.selkie.runtime.Closing.Phase;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fibers of a loop, and the scheduler of those that are mounted on its thread.
 *
 * <p>As a scheduler it accepts for ever, does not throw and does not block: it is called by
 * whichever thread unparks a fiber, the JDK's own among them.
 */
final class Fibers implements Executor {
  private final EventLoop loop;
  private final int limit;
  private final boolean mounted;

  private final AtomicLong started = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();

  /**
   * Threads that have not ended. Mounted ones, which may be heirs of fibers too, come here when
   * they park for the first time: until then, the one that runs is known by the loop's progress.
   */
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  Fibers(EventLoop loop, int limit, boolean mounted) {
    this.loop = loop;
    this.limit = limit;
    this.mounted = mounted;
  }

  boolean areMounted() {
    return mounted;
  }

  <T> Fiber<T> start(@Nullable Children scope, @Nullable String name, Callable<T> body) {
    long number = started.incrementAndGet();
    if (number - ended.get() > limit) {
      ended.incrementAndGet();
      throw new RejectedExecutionException(
          loop + " has " + limit + " fibers, which is its limit: wait for one to end, or raise it");
    }
    Fiber<T> fiber =
        new Fiber<>(
            this,
            Mounting.builder(mounted ? this : null)
                .name(name == null ? loop.name() + "-fiber-" + number : name),
            scope,
            body);
    if (scope != null) {
      scope.add(fiber);
    }
    if (!mounted) {
      threads.add(fiber.thread());
    }
    try {
      fiber.thread().start();
    } catch (Throwable e) {
      ended(fiber);
      if (scope != null) {
        scope.remove(fiber);
      }
      throw e;
    }
    return fiber;
  }

  /** The body of a fiber has ended; its thread is about to. */
  void ended(Fiber<?> fiber) {
    if (!mounted) {
      threads.remove(fiber.thread());
    }
    ended.incrementAndGet();
    loop.somethingEnded();
  }

  /** A mounted virtual thread can go on. */
  @Override
  public void execute(Runnable continuation) {
    loop.resume(continuation);
  }

  /** Runs a virtual thread until it parks or ends; on the loop's thread, or the one after it. */
  void run(Runnable continuation) {
    carry(continuation, true);
  }

  /** Runs a virtual thread that is no fiber of the loop, for one that is; any thread. */
  void resumeAside(Runnable continuation) {
    loop.engine().enqueue(() -> carry(continuation, false));
  }

  private void carry(Runnable continuation, boolean ours) {
    Thread thread = Mounting.threadOf(continuation);
    boolean begins = ours && Mounting.isNew(thread);
    if (begins && loop.hasReached(Phase.CANCELLED)) {
      thread.interrupt(); // as the others were
    }
    Progress progress = loop.engine().progress();
    progress.mount(thread);
    try {
      continuation.run();
      boolean over = Mounting.isOver(thread);
      if (begins && !over) {
        threads.add(thread);
      } else if (ours && over && !begins) {
        threads.remove(thread);
      }
    } finally {
      progress.mount(null);
    }
  }

  /** How many there are: of fibers, or of threads if those are more by what fibers have started. */
  int size() {
    long before = ended.get(); // read first: what starts meanwhile counts, what ends may still
    return (int) Math.max(started.get() - before, threads.size());
  }

  /** How many of them wait, for whatever it may be. */
  int parked() {
    return (int) threads.stream().filter(Fibers::waits).count();
  }

  private static boolean waits(Thread thread) {
    return switch (thread.getState()) {
      case WAITING, TIMED_WAITING, BLOCKED -> true;
      case NEW, RUNNABLE, TERMINATED -> false;
    };
  }

  void interruptAll() {
    for (Thread thread : threads()) {
      try {
        thread.interrupt(); // closes the channel that it waits for, which may be the user's
      } catch (Throwable e) {
        loop.fault(e);
      }
    }
  }

  /** Those that have begun and not ended, in the order in which they were made. */
  List<Thread> threads() {
    Stream<Thread> mountedNow = Stream.ofNullable(loop.engine().progress().mounted());
    return Stream.concat(mountedNow, threads.stream())
        .distinct()
        .sorted(Comparator.comparingLong(Thread::threadId))
        .toList();
  }

  /** Whether the caller is one of them. */
  boolean isCaller() {
    Thread caller = Thread.currentThread();
    return caller.equals(loop.engine().progress().mounted()) || threads.contains(caller);
  }

  void refuseToBlock(String instead) {
    loop.refuseToBlock(instead);
  }

  EventLoop loop() {
    return loop;
  }
}
