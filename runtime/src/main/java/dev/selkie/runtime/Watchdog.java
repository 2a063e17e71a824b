package dev.selkie.runtime;

import dev.selkie.kernel.Clock;
import dev.selkie.runtime.jfr.LoopHeldEvent;
import dev.selkie.runtime.jfr.Recorder;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells of loops that are held for too long: one daemon thread for all of them. */
final class Watchdog implements Runnable {
  /*
   * It looks at each loop four times a limit. A loop that is in a turn and has made no step between
   * two looks is held since the first of them at least. When no loop has done anything since the
   * look before, it dozes: it sets dozing and looks once more whether a loop is in a turn; a loop
   * that goes on after a sleep has said so by then, and looks at dozing. So one of the two sees
   * the other, and a loop pays for the waking once a period at most.
   */

  /** How long a loop of the machine's kernel may be held if nothing else is set. */
  static final Duration DEFAULT_LIMIT = Duration.ofSeconds(2);

  private static final int LOOKS = 4;
  private static final long LEAST_PERIOD = TimeUnit.MILLISECONDS.toNanos(1);

  /** Deadlines and runnables that are counted at most. */
  static final int COUNTED = 100_000;

  private static final List<Post> POSTS = new CopyOnWriteArrayList<>();

  private static volatile boolean dozing;

  /** The thread, while there is a loop to watch; written under the lock of this class. */
  private static volatile @Nullable Thread thread;

  private Watchdog() {}

  /** Watches a loop until it has ended, or nobody else knows it any more. */
  static synchronized void watch(
      EventLoop loop, Duration limit, Consumer<? super HeldLoop> listener) {
    if (thread == null) {
      // It looks at nothing before this method ends, whose lock it needs.
      thread = Thread.ofPlatform().daemon().name("selkie-watchdog").start(new Watchdog());
    }
    POSTS.add(new Post(loop, Durations.nanos(limit), listener));
    dozing = false;
    LockSupport.unpark(thread); // whose period may be longer than this loop's
  }

  /** Watches a loop no more. */
  static void forget(EventLoop loop) {
    POSTS.removeIf(post -> post.isOf(loop));
    stir();
  }

  static boolean isWatching(EventLoop loop) {
    return POSTS.stream().anyMatch(post -> post.isOf(loop));
  }

  /** The thread, null if no loop is watched. */
  static @Nullable Thread thread() {
    return thread;
  }

  /** A loop goes on after a sleep. */
  static void stir() {
    if (dozing) {
      dozing = false;
      LockSupport.unpark(thread);
    }
  }

  private static synchronized boolean mayEnd() {
    if (POSTS.isEmpty()) {
      thread = null;
      return true;
    }
    return false;
  }

  @Override
  public void run() {
    while (!mayEnd()) {
      boolean active = false;
      long period = Long.MAX_VALUE;
      for (Post post : POSTS) {
        active |= post.look();
        period = Math.min(period, post.limit / LOOKS);
      }
      Thread.interrupted(); // a listener may leave that, and the thread would not sleep any more
      if (active) {
        LockSupport.parkNanos(this, Math.max(period, LEAST_PERIOD));
      } else {
        doze();
      }
    }
  }

  private void doze() {
    dozing = true;
    for (Post post : POSTS) {
      if (post.isInTurn()) {
        dozing = false;
        return;
      }
    }
    while (dozing && !POSTS.isEmpty()) {
      LockSupport.park(this);
    }
    dozing = false;
  }

  /** What it knows of one loop; but for {@link #isOf}, for the one thread that looks. */
  static final class Post {
    private final WeakReference<EventLoop> watched;
    private final long limit;
    private final Consumer<? super HeldLoop> listener;
    private long steps;
    private long since;
    private boolean wasInTurn;
    private boolean told;

    Post(EventLoop loop, long limit, Consumer<? super HeldLoop> listener) {
      this.watched = new WeakReference<>(loop);
      this.limit = limit;
      this.listener = listener;
    }

    boolean isOf(EventLoop loop) {
      return watched.refersTo(loop);
    }

    boolean isInTurn() {
      EventLoop loop = watched.get();
      return loop != null && loop.engine().isInTurn();
    }

    /** Looks at the loop, and returns whether it has done anything since the last look. */
    boolean look() {
      EventLoop loop = watched.get();
      if (loop == null) {
        POSTS.remove(this);
        return false;
      }
      try {
        return look(loop);
      } catch (Throwable e) {
        POSTS.remove(this);
        logger().log(System.Logger.Level.ERROR, loop + " is watched no more", e);
        return false;
      }
    }

    private boolean look(EventLoop loop) {
      Engine engine = loop.engine();
      long seen = engine.progress().steps();
      boolean inTurn = engine.isInTurn();
      boolean same = seen == steps;
      if (!inTurn) {
        wasInTurn = false;
      } else if (!same || !wasInTurn) {
        since = clock(loop).nanoTime();
        wasInTurn = true;
        told = false;
      } else if (!told) {
        long held = clock(loop).nanoTime() - since;
        if (held >= limit) {
          tell(loop, held);
        }
      }
      steps = seen;
      return inTurn || !same;
    }

    private static Clock clock(EventLoop loop) {
      return loop.kernel().clock();
    }

    private void tell(EventLoop loop, long held) {
      Engine engine = loop.engine();
      Thread owner = engine.owner();
      Thread fiber = engine.progress().mounted();
      if (owner == null) {
        return;
      }
      List<StackTraceElement> stack = List.of(owner.getStackTrace());
      List<StackTraceElement> fiberStack =
          fiber == null ? List.of() : List.of(fiber.getStackTrace());
      HeldLoop report =
          new HeldLoop(
              loop,
              Duration.ofNanos(held),
              stack,
              Optional.ofNullable(fiber),
              fiberStack,
              engine.waitingRunnables(),
              engine.overdueTimers());
      if (engine.progress().steps() != steps) {
        return; // it has gone on meanwhile, and the stacks are of something else
      }
      told = true;
      logger().log(System.Logger.Level.WARNING, report::toString);
      if (Recorder.isOn()) {
        new LoopHeldEvent(loop.name(), held, report.toString()).commit();
      }
      listener.accept(report);
    }

    private static System.Logger logger() {
      return System.getLogger("dev.selkie.runtime");
    }
  }
}
