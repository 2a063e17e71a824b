package dev.selkie.runtime;

import java.util.function.Supplier;
import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * Some threads in a protocol, whose steps Lincheck orders in every way that it finds within a
 * bound; a thread that never ends is a failure as well.
 *
 * <p>What threads share has to be in fields: what a lambda captures is not seen to be shared. A
 * wait has to be a {@link Bell}: Lincheck lets a parked thread go on at any time.
 */
abstract class Participants {
  /** How many times as many orders are looked at as {@code verify} has time for. */
  private static final int TIMES = Integer.getInteger("dev.selkie.orders", 1);

  private volatile Throwable failure;

  /** Runs fresh ones, in as many orders as given. */
  static void check(int orders, int threads, Supplier<? extends Participants> fresh) {
    Lincheck.runConcurrentTest(orders * TIMES, () -> fresh.get().runAll(threads));
  }

  /** Runs each operation of a class once, in a thread of its own, and its validation then. */
  static void checkOperations(int operations, Class<?> type) {
    checkOperations(600, operations, type);
  }

  /** The same in as many orders as given. */
  static void checkOperations(int orders, int operations, Class<?> type) {
    new ModelCheckingOptions()
        .threads(operations)
        .actorsPerThread(1)
        .actorsBefore(0)
        .actorsAfter(0)
        .iterations(1)
        .invocationsPerIteration(orders * TIMES)
        .check(type);
  }

  /** What a thread does; the first of them is number 0. */
  abstract void run(int thread, Bell bell) throws Exception;

  /** When all threads have ended. */
  void end() throws Exception {}

  static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  final void runAll(int count) {
    Thread[] threads = new Thread[count]; // Lincheck knows the join of a Thread alone
    for (int i = 1; i < count; i++) {
      threads[i] = new Actor(this, i);
      threads[i].start();
    }
    participate(0); // not by the run of a thread, which Lincheck would take for its end
    try {
      for (int i = 1; i < count; i++) {
        threads[i].join();
      }
      if (failure == null) {
        end();
      }
    } catch (Exception e) {
      failure = e;
    }
    if (failure != null) {
      throw new AssertionError(failure);
    }
  }

  private void participate(int thread) {
    try {
      run(thread, new Bell());
    } catch (Throwable e) {
      failure = e;
    }
  }

  private static final class Actor extends Thread {
    private final Participants all;
    private final int number;

    Actor(Participants all, int number) {
      this.all = all;
      this.number = number;
    }

    @Override
    public void run() {
      all.participate(number);
    }
  }

  /** What a thread waits for; a ring before the wait counts, several are one. */
  static final class Bell implements Waker {
    private boolean rung;

    synchronized void ring() {
      rung = true;
      notifyAll();
    }

    @Override
    public void wake() {
      ring();
    }

    synchronized void await() throws InterruptedException {
      while (!rung) {
        wait();
      }
      rung = false;
    }
  }
}
