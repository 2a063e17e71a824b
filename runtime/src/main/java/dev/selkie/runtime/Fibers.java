package dev.selkie.runtime;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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

  /** Fibers that were started and have not ended. */
  private final AtomicInteger count = new AtomicInteger();

  private final AtomicLong started = new AtomicLong();

  /** Threads that have not ended: the mounted ones that have begun, others' heirs among them. */
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
    if (count.incrementAndGet() > limit) {
      count.decrementAndGet();
      throw new RejectedExecutionException(
          loop + " has " + limit + " fibers, which is its limit: wait for one to end, or raise it");
    }
    long number = started.incrementAndGet();
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
    count.decrementAndGet();
    loop.somethingEnded();
  }

  /** A mounted virtual thread can go on. */
  @Override
  public void execute(Runnable continuation) {
    loop.resume(continuation);
  }

  /** Runs a virtual thread until it parks or ends; on the loop's thread, or the one after it. */
  void run(Runnable continuation) {
    Thread thread = Mounting.threadOf(continuation);
    if (Mounting.isNew(thread)) {
      threads.add(thread);
    }
    loop.engine().progress().mount(thread);
    continuation.run();
    loop.engine().progress().mount(null);
    if (Mounting.isOver(thread)) {
      threads.remove(thread);
    }
  }

  /** How many there are: of fibers, or of threads if those are more by what fibers have started. */
  int size() {
    return Math.max(count.get(), threads.size());
  }

  void interruptAll() {
    threads().forEach(Thread::interrupt);
  }

  /** Those that have begun and not ended, in the order in which they were made. */
  List<Thread> threads() {
    return threads.stream().sorted(Comparator.comparingLong(Thread::threadId)).toList();
  }

  /** Whether the caller is one of them. */
  boolean isCaller() {
    return threads.contains(Thread.currentThread());
  }

  void refuseToBlock(String instead) {
    loop.refuseToBlock(instead);
  }

  EventLoop loop() {
    return loop;
  }
}
