package dev.selkie.runtime;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Settings of a group of event loops. */
public final class EventLoopGroupBuilder {
  private int loops = Runtime.getRuntime().availableProcessors();
  private String name = "selkie-group";
  private HandOut handOut = HandOut.roundRobin();
  private @Nullable ThreadFactory threads;
  private @Nullable IntConsumer threadStart;
  private Consumer<? super EventLoopBuilder> settings = _ -> {};

  EventLoopGroupBuilder() {}

  /**
   * How many loops; as many as there are processors unless set.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public EventLoopGroupBuilder loops(int loops) {
    if (loops < 1) {
      throw new IllegalArgumentException("a group of " + loops + " loops: at least 1");
    }
    this.loops = loops;
    return this;
  }

  /** The name: loops, and unless a factory names them threads, are called name-0 and so on. */
  public EventLoopGroupBuilder name(String name) {
    this.name = Objects.requireNonNull(name, "name");
    return this;
  }

  /** How the group chooses a loop; {@link HandOut#roundRobin} unless set. */
  public EventLoopGroupBuilder handOut(HandOut handOut) {
    this.handOut = Objects.requireNonNull(handOut, "handOut");
    return this;
  }

  /** Makes the threads of the loops: platform threads. */
  public EventLoopGroupBuilder threadFactory(ThreadFactory factory) {
    this.threads = Objects.requireNonNull(factory, "factory");
    return this;
  }

  /**
   * Is called with a loop's number, on its thread before its first turn: the place to pin the
   * thread to a processor. What it throws goes to the thread's uncaught exception handler, and the
   * loop runs.
   */
  public EventLoopGroupBuilder onThreadStart(IntConsumer hook) {
    this.threadStart = Objects.requireNonNull(hook, "hook");
    return this;
  }

  /** Is given the builder of each loop, for all other settings. */
  public EventLoopGroupBuilder eachLoop(Consumer<? super EventLoopBuilder> settings) {
    this.settings = Objects.requireNonNull(settings, "settings");
    return this;
  }

  /**
   * Opens the loops and starts their threads.
   *
   * @throws dev.selkie.kernel.SystemCallException if the system refuses, such as EMFILE; no loop is
   *     left then
   */
  public EventLoopGroup start() throws IOException {
    List<EventLoop> started = new ArrayList<>();
    Queue<Engine.Retry> retries = new ConcurrentLinkedQueue<>();
    try {
      for (int i = 0; i < loops; i++) {
        EventLoopBuilder builder = EventLoop.builder();
        settings.accept(builder);
        builder.retries(retries);
        String loop = name + "-" + i;
        started.add(builder.name(loop).threadFactory(factory(builder.threads(loop), i)).start());
      }
    } catch (Throwable e) {
      started.forEach(EventLoop::close);
      throw e;
    }
    return new EventLoopGroup(started, handOut);
  }

  private ThreadFactory factory(ThreadFactory ofLoop, int number) {
    ThreadFactory factory = threads == null ? ofLoop : threads;
    IntConsumer hook = threadStart;
    return hook == null ? factory : loop -> factory.newThread(() -> begin(hook, number, loop));
  }

  private static void begin(IntConsumer hook, int number, Runnable loop) {
    try {
      hook.accept(number);
    } catch (Throwable e) {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
    loop.run();
  }
}
