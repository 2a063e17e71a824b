package dev.selkie.runtime;

import dev.selkie.EventQueue;
import dev.selkie.EventQueueBuilder;
import dev.selkie.Registration;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Settings of an event loop. */
public final class EventLoopBuilder {
  /** Found before it is needed, which may be when no descriptor is left to read its settings. */
  private static final System.Logger LOGGER = System.getLogger("dev.selkie.runtime");

  private static final AtomicInteger LOOPS = new AtomicInteger();

  private @Nullable Kernel kernel;
  private @Nullable String name;
  private @Nullable String backend;
  private @Nullable ThreadFactory threads;

  private Executor offloading = Offloading.SHARED;
  private @Nullable Resolver resolver;
  private Thread.UncaughtExceptionHandler faults = EventLoopBuilder::log;
  private Consumer<? super HeldLoop> heldListener = _ -> {};
  private @Nullable Duration watchdog;
  private long timerSlack;
  private int fiberLimit = Integer.MAX_VALUE;
  private boolean mounted = Mounting.obstacle() == null;
  private @Nullable Thread confinement;
  private @Nullable Queue<Engine.Retry> retries;

  EventLoopBuilder() {}

  /** The kernel; {@link Kernel#current()} unless set. */
  public EventLoopBuilder kernel(Kernel kernel) {
    this.kernel = Objects.requireNonNull(kernel, "kernel");
    return this;
  }

  /** The name, which the loop's thread and fibers bear; {@code selkie-loop-1} and so on. */
  public EventLoopBuilder name(String name) {
    this.name = Objects.requireNonNull(name, "name");
    return this;
  }

  /** The backend of the queue by name; see {@link EventQueueBuilder#backend}. */
  public EventLoopBuilder backend(String name) {
    this.backend = Objects.requireNonNull(name, "name");
    return this;
  }

  /** Makes the loop's own thread: a platform thread, such as one pinned to a core. */
  public EventLoopBuilder threadFactory(ThreadFactory factory) {
    this.threads = Objects.requireNonNull(factory, "factory");
    return this;
  }

  /** Runs what is {@linkplain EventLoop#offload offloaded}; shared daemon threads unless set. */
  public EventLoopBuilder offloadTo(Executor executor) {
    this.offloading = Objects.requireNonNull(executor, "executor");
    return this;
  }

  /** Finds the addresses of hosts; the names of the kernel unless set. */
  public EventLoopBuilder resolver(Resolver names) {
    this.resolver = Objects.requireNonNull(names, "names");
    return this;
  }

  /**
   * Is told, on the loop's thread, of what runnables and handlers throw that have no future; unless
   * set it is logged as an error.
   */
  public EventLoopBuilder uncaughtExceptionHandler(Thread.UncaughtExceptionHandler handler) {
    this.faults = Objects.requireNonNull(handler, "handler");
    return this;
  }

  /**
   * How much later than its time a timer may run, so that nearby ones share a wake-up of the loop;
   * zero unless set. The loop sleeps until a multiple of this on its clock; what is due then, or
   * when something else wakes it, runs in the order of its times, and never early.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public EventLoopBuilder timerSlack(Duration slack) {
    if (slack.isNegative()) {
      throw new IllegalArgumentException("a slack of " + slack + ": it must not be negative");
    }
    this.timerSlack = Math.min(Durations.nanos(slack), Engine.LONGEST);
    return this;
  }

  /**
   * How long one event, timer, runnable or fiber may hold the loop before a warning is logged with
   * the stack that holds it; zero: for ever. Unless set it is 2 s on the machine's own kernel, and
   * for ever on others, such as simulated ones.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public EventLoopBuilder watchdog(Duration limit) {
    if (limit.isNegative()) {
      throw new IllegalArgumentException("a limit of " + limit + ": it must not be negative");
    }
    this.watchdog = limit;
    return this;
  }

  /**
   * Is told, on the watchdog's thread, of each hold that is longer than {@link #watchdog} allows,
   * once and while it lasts. It must not block; what it throws ends the watch.
   */
  public EventLoopBuilder onHeld(Consumer<? super HeldLoop> listener) {
    this.heldListener = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /**
   * How many fibers there may be at a time; no limit unless set.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public EventLoopBuilder fiberLimit(int fibers) {
    if (fibers < 0) {
      throw new IllegalArgumentException("a limit of " + fibers + " fibers: at least 0");
    }
    this.fiberLimit = fibers;
    return this;
  }

  /**
   * Whether fibers are mounted on the loop's thread; unless set, if the JVM allows it.
   *
   * @throws UnsupportedOperationException if they are to be, and the JVM does not allow it; the
   *     message says which option it wants
   */
  public EventLoopBuilder mountFibers(boolean mounted) {
    String obstacle = Mounting.obstacle();
    if (mounted && obstacle != null) {
      throw new UnsupportedOperationException("fibers cannot be mounted: " + obstacle);
    }
    this.mounted = mounted;
    return this;
  }

  /**
   * Has the loop, which is to be {@linkplain #open opened} without a thread of its own, and all
   * that is asked of it happen on one thread, which runs its turns: what a simulation needs, where
   * nothing may depend on the pace of threads. Mounted fibers are carried by that thread and belong
   * to it; of others, what would park is refused with {@link IllegalStateException}, and what hands
   * something in is told to the handler of uncaught exceptions, before it runs.
   */
  public EventLoopBuilder confinedTo(Thread thread) {
    this.confinement = Objects.requireNonNull(thread, "thread");
    return this;
  }

  /**
   * Opens a loop and starts its thread.
   *
   * @throws dev.selkie.kernel.SystemCallException if the system refuses, such as EMFILE
   */
  public EventLoop start() throws IOException {
    EventLoop loop = make(true);
    loop.startThread();
    return loop;
  }

  /**
   * Opens a loop that has no thread of its own: {@link EventLoop#runOnce} and {@link EventLoop#run}
   * run it.
   *
   * @throws dev.selkie.kernel.SystemCallException if the system refuses, such as EMFILE
   */
  public EventLoop open() throws IOException {
    return make(false);
  }

  private EventLoop make(boolean started) throws IOException {
    EventQueueBuilder<Target> queue =
        EventQueue.<Target>builder().onSourceClosed(EventLoopBuilder::sourceClosed);
    if (kernel != null) {
      queue.kernel(kernel);
    }
    if (backend != null) {
      queue.backend(backend);
    }
    String given = name == null ? "selkie-loop-" + LOOPS.incrementAndGet() : name;
    EventQueue<Target> opened = queue.open();
    try {
      return watched(new EventLoop(this, given, opened, started));
    } catch (Throwable e) {
      opened.close();
      throw e;
    }
  }

  private EventLoop watched(EventLoop loop) {
    Duration limit = watchdog;
    if (limit == null) {
      limit = loop.kernel().equals(Kernel.system()) ? Watchdog.DEFAULT_LIMIT : Duration.ZERO;
    }
    if (!limit.isZero()) {
      Watchdog.watch(loop, limit, heldListener);
    }
    OpenLoops.add(loop);
    return loop;
  }

  private static void sourceClosed(Registration<Target> registration) {
    registration.attachment().sourceClosed();
  }

  static void log(Thread thread, Throwable thrown) {
    String what = "uncaught on " + thread.getName();
    try {
      LOGGER.log(System.Logger.Level.ERROR, what, thrown);
    } catch (Throwable e) { // it may need a descriptor, where there is none
      System.err.println(what + ": " + thrown);
    }
  }

  ThreadFactory threads(String name) {
    return threads == null ? Thread.ofPlatform().name(name).factory() : threads;
  }

  /** Has the loop tell, and be told by, those of its group that a descriptor is free. */
  void retries(Queue<Engine.Retry> shared) {
    retries = shared;
  }

  Queue<Engine.Retry> retries() {
    return retries == null ? new ConcurrentLinkedQueue<>() : retries;
  }

  Executor offloading() {
    return offloading;
  }

  @Nullable Resolver resolver() {
    return resolver;
  }

  Thread.UncaughtExceptionHandler faults() {
    return faults;
  }

  long timerSlackNanos() {
    return timerSlack;
  }

  int fiberLimit() {
    return fiberLimit;
  }

  boolean areFibersMounted() {
    return mounted;
  }

  @Nullable Thread confinement() {
    return confinement;
  }
}
