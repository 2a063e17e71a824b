package dev.selkie.runtime;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.DatagramSource;
import dev.selkie.Descriptor;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.ItemSource;
import dev.selkie.Source;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.StreamListener;
import dev.selkie.net.StreamSocket;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One thread that owns an event queue, a run queue and a timer wheel: it waits for what is ready,
 * wakes who waits for it, and runs what was woken, what was submitted and what is due.
 *
 * <h2>Turns</h2>
 *
 * The loop goes in turns. A turn looks what is ready, and waits for it only if nothing else is to
 * be done; then it runs the timers that are due, {@value #TIMER_LIMIT} at most, and then what is in
 * the run queue, {@value #RUN_LIMIT} at most. So readiness, timers and runnables leave room for
 * each other within these bounds and one batch of events. What one thread submits runs in its
 * order; timers of one deadline run in the order in which they were made. While nothing is
 * registered, a loop with something to run does not ask the system for readiness.
 *
 * <h2>Threads</h2>
 *
 * {@link #start} gives the loop a thread of its own. A loop that was {@linkplain
 * EventLoopBuilder#open opened} without one is run by whoever calls {@link #runOnce} or {@link
 * #run}, one thread at a time; between two calls {@link #nanosToNextDeadline} and {@link
 * #descriptor} say when to call again. All other methods may be called from any thread. What would
 * block the loop's own thread outside a fiber is refused with {@link IllegalStateException}:
 * parking operations, {@link #close} and the {@code get} of futures that are not done.
 *
 * <h2>Failures</h2>
 *
 * What a runnable, a timer or a handler throws goes to its future, or otherwise to the handler of
 * {@link EventLoopBuilder#uncaughtExceptionHandler}; the loop goes on. A {@link
 * VirtualMachineError} ends it.
 *
 * <h2>Memory consistency</h2>
 *
 * What a thread does before it submits, schedules, wakes or attaches happens-before what the loop
 * runs of it; what an operation's thread does happens-before the return of its future's {@code
 * get}.
 *
 * <h2>Closing</h2>
 *
 * {@link #shutdown} takes no more tasks and closes the listeners; what was submitted runs, delayed
 * tasks too at their time, periodic ones end, and the loop ends when nothing of this, no fiber, no
 * offloaded work and nobody who waits for room to write is left: who waits for input is not waited
 * for. {@link #close(Duration)} does this with a deadline, before which fibers are interrupted and
 * what was attached is closed. {@link #close()} and {@link #shutdownNow} do the latter at once. Who
 * waits for something of the loop then gets {@link ClosedLoopException}.
 */
public final class EventLoop extends VisibleLoop implements ScheduledExecutorService {
  /** Runnables of one turn at most. */
  static final int RUN_LIMIT = 256;

  /** Timers of one turn at most. */
  static final int TIMER_LIMIT = 256;

  /** Futures of one turn at most that are completed where they are made. */
  static final int INLINE_LIMIT = 64;

  private final String name;
  private final Kernel kernel;
  private final Engine engine;
  private final Fibers fibers;
  private final Closing closing;
  private final Promises promises = new Promises(this);
  private final BlockingWork blocking;
  private final HostNames hostNames;
  private final Thread.UncaughtExceptionHandler faults;

  /** The thread of its own; null if it has none. */
  private final @Nullable Thread thread;

  EventLoop(EventLoopBuilder settings, String name, EventQueue<Target> queue, boolean started) {
    this.name = name;
    this.kernel = queue.kernel();
    this.faults = settings.faults();
    this.engine =
        new Engine(
            this, queue, settings.timerSlackNanos(), settings.confinement(), settings.retries());
    this.fibers = new Fibers(this, settings.fiberLimit(), settings.areFibersMounted());
    this.blocking = new BlockingWork(this, settings.offloading(), promises);
    this.hostNames = new HostNames(this, blocking, promises, settings.resolver());
    this.closing = new Closing(this, fibers, promises);
    this.thread = started ? newThread(settings.threads(name)) : null;
  }

  private Thread newThread(ThreadFactory factory) {
    Thread made = Objects.requireNonNull(factory.newThread(this::run), "the factory's thread");
    if (made.isVirtual()) {
      throw new IllegalArgumentException(name + ": a virtual thread cannot run an event loop");
    }
    return made;
  }

  /** Starts a loop of the current kernel, with a thread of its own and default settings. */
  public static EventLoop start() throws IOException {
    return builder().start();
  }

  /** A loop with settings of its own. */
  public static EventLoopBuilder builder() {
    return new EventLoopBuilder();
  }

  @Override
  public String name() {
    return name;
  }

  /** The kernel that the loop belongs to, and whose sources it takes. */
  public Kernel kernel() {
    return kernel;
  }

  @Override
  Engine engine() {
    return engine;
  }

  @Override
  Closing closing() {
    return closing;
  }

  @Override
  Fibers fibers() {
    return fibers;
  }

  @Override
  Promises promises() {
    return promises;
  }

  /** Whether the end has come to a phase, or further. */
  boolean hasReached(Closing.Phase phase) {
    return closing.hasReached(phase);
  }

  /** Whether nothing begins any more, not even for the end. */
  boolean isEnding() {
    return hasReached(Closing.Phase.ENDING);
  }

  void startThread() {
    try {
      Objects.requireNonNull(thread).start();
    } catch (Throwable e) {
      engine.close(); // nobody else knows the loop
      throw e;
    }
  }

  // Turns

  /**
   * Makes one turn, which waits for at most a duration if there is nothing to do. In it, and in the
   * fibers, {@link Kernel#current} is the loop's kernel. A loop that has ended makes no turn.
   *
   * @return whether anything was done
   * @throws IllegalStateException if another thread runs the loop, or from inside a turn
   */
  public boolean runOnce(Duration timeout) {
    long nanos = Math.max(Durations.nanos(timeout), 0);
    engine.enter();
    try {
      return Kernel.where(kernel).call(() -> turn(nanos));
    } finally {
      leave();
    }
  }

  /**
   * Runs the loop on the calling thread until it has ended, if it has not. Interrupts of the thread
   * are dropped: shut the loop down instead.
   *
   * @throws IllegalStateException if another thread runs the loop, or from inside a turn
   */
  public void run() {
    engine.enter();
    runEntered();
  }

  private void runEntered() {
    try {
      Kernel.where(kernel).run(this::runToTheEnd);
    } finally {
      leave();
    }
  }

  private void leave() {
    engine.leave();
    closing.left();
  }

  private void runToTheEnd() {
    while (!isTerminated()) {
      turn(Engine.NO_END);
      Thread.interrupted(); // every wait would end at once
    }
  }

  private boolean turn(long nanos) {
    if (isTerminated()) {
      return false;
    }
    boolean active;
    try {
      active = engine.turn(nanos);
    } catch (Throwable e) { // the system refuses to wait: nothing can come any more
      fault(e);
      closing.terminateNow();
      return true;
    }
    closing.proceed();
    return active;
  }

  /**
   * How long a thread that runs the loop by {@link #runOnce} may let it be, if its {@link
   * #descriptor} does not become readable: 0 if there is something to run, -1 for ever.
   *
   * <p>For the thread that runs the loop.
   */
  public long nanosToNextDeadline() {
    return engine.nanosToNextDeadline();
  }

  /**
   * The descriptor of the loop's queue, readable when the loop should run though no deadline has
   * come: to be waited for by a foreign loop, and nothing else.
   *
   * @throws UnsupportedOperationException if the queue has none: the backend poll
   */
  public Descriptor descriptor() {
    return engine.export();
  }

  /** Whether the caller runs on the loop's thread: in a turn of it, or in a mounted fiber. */
  public boolean isOnLoop() {
    return engine.isOnLoop();
  }

  /** Refuses what would block the loop; see {@link Engine#refuseToBlock}. */
  @Override
  void refuseToBlock(String instead) {
    engine.refuseToBlock(instead);
  }

  /** Runs what was handed in. */
  void run(Runnable runnable) {
    if (Mounting.isContinuation(runnable)) {
      fibers.run(runnable);
    } else {
      runnable.run();
    }
  }

  /** Something that has no future has thrown. */
  void fault(Throwable thrown) {
    try {
      faults.uncaughtException(Thread.currentThread(), thrown);
    } catch (Throwable e) {
      thrown.addSuppressed(e);
      EventLoopBuilder.log(Thread.currentThread(), thrown);
    }
    if (thrown instanceof VirtualMachineError) {
      closing.cancel(0);
    }
  }

  /** Something that may have held up the end of the loop has ended. */
  @Override
  void somethingEnded() {
    closing.somethingEnded();
  }

  /** A mounted virtual thread can go on; never refused. */
  void resume(Runnable continuation) {
    engine.enqueue(continuation);
  }

  // The executor

  /**
   * Runs a command on the loop's thread, in its turn.
   *
   * @throws RejectedExecutionException after {@link #shutdown}
   */
  @Override
  public void execute(Runnable command) {
    Objects.requireNonNull(command, "command");
    checkOpen();
    engine.enqueue(command);
  }

  /** A timer of this loop that does something each time it expires; it is not set yet. */
  public LoopTimer timer(Runnable action) {
    return new LoopTimer(engine, Objects.requireNonNull(action, "action"));
  }

  /** Refuses to wait for the loop's end, or for all of what it is to run, from inside. */
  @Override
  void refuseToWait() {
    if (engine.isOnLoop() || engine.isOwnerHeld() || fibers.isCaller()) {
      throw new IllegalStateException(this + " cannot wait for itself");
    }
  }

  // Sources

  /**
   * Attaches a source of bytes each way, which the loop then owns: its close closes it. As with
   * every other source, one that is refused stays the caller's, to be closed.
   *
   * @throws ClosedLoopException once the loop is cancelled or closed; of a listener, from {@link
   *     #shutdown} on
   * @throws dev.selkie.kernel.SystemCallException if the system refuses to register it
   * @throws IllegalArgumentException if it belongs to another kernel
   */
  public <S extends Source & ByteInput & ByteOutput> Connection attach(S source)
      throws IOException {
    return new Connection(this, source);
  }

  /** Attaches a source of bytes that come in, such as a pipe's reader, which the loop then owns. */
  public Input attach(ByteInput source) throws IOException {
    return new Input(new ReadinessCell(this, source, ReadinessWord.READABLE), source);
  }

  /** Attaches a source of bytes that go out, such as a pipe's writer, which the loop then owns. */
  public Output attach(ByteOutput source) throws IOException {
    return new Output(new ReadinessCell(this, source, ReadinessWord.WRITABLE), source);
  }

  /** Attaches a source of datagrams, which the loop then owns. */
  public Datagrams attach(DatagramSource source) throws IOException {
    return new Datagrams(this, source);
  }

  /** Attaches a source of items, which the loop then owns. */
  public <T> Incoming<T> attach(ItemSource<T> source) throws IOException {
    return attach(source, item -> item);
  }

  /** Attaches a source of items, such as streams, each of which becomes what a mapping makes. */
  public <S, T> Incoming<T> attach(ItemSource<S> source, Incoming.Mapping<S, T> mapping)
      throws IOException {
    return new Incoming<>(this, source, item -> item, mapping);
  }

  /**
   * Calls a handler on the loop's thread at each event of a source, until the watch is cancelled or
   * the source closed. The source stays the caller's.
   */
  public <S extends Source> Watch watch(
      S source, Interest interest, ReadyHandler<? super S> handler) throws IOException {
    return Watch.of(this, source, interest, handler);
  }

  /**
   * Connects by TCP, or to the address of a Unix socket, parking the calling thread until the
   * outcome is known.
   *
   * @throws dev.selkie.kernel.SystemCallException if it fails, such as ECONNREFUSED
   */
  public Connection connect(SocketAddress address) throws IOException {
    return Connecting.connect(this, address, 0);
  }

  /**
   * Looks a name up, off the loop, and connects to the first of its addresses that answers. They
   * are tried as RFC 8305 has it: in the resolver's order but with the families in turn, each when
   * the one before it has failed, or was silent for a quarter of a second.
   *
   * @param timeout for all of it, the look-up too; zero: without a limit
   * @throws java.net.UnknownHostException if there is no such name
   * @throws java.net.SocketTimeoutException if the time is over
   * @throws dev.selkie.kernel.SystemCallException if all fail: the first failure, with the others
   *     suppressed
   */
  public Connection connect(String host, int port, Duration timeout) throws IOException {
    return FirstAnswer.await(this, host, port, Durations.timeout(timeout));
  }

  /** Connects as {@link #connect(SocketAddress)}; the future fails with what that throws. */
  public CompletableFuture<Connection> connectAsync(SocketAddress address) {
    return Connecting.connectAsync(this, address);
  }

  /**
   * Connects as {@link #connect(String, int, Duration)}; the future fails with what that throws. It
   * may be cancelled, or limited by {@link CompletableFuture#orTimeout}, which ends all of it.
   */
  public CompletableFuture<Connection> connectAsync(String host, int port) {
    return FirstAnswer.of(this, host, port);
  }

  /** Listens for connections, by TCP or at a Unix socket's address; the loop then owns each. */
  public Incoming<Connection> listen(SocketAddress address) throws IOException {
    return Incoming.of(this, StreamListener.bind(kernel, address), this::attach);
  }

  /** Takes the connections of a listener, which the loop then owns as it owns each of them. */
  public <S extends StreamSocket> Incoming<Connection> listen(StreamListener<S> listener)
      throws IOException {
    return new Incoming<>(this, listener, this::attach, connection -> connection);
  }

  // Fibers, tasks, blocking work, time

  /**
   * Starts a fiber.
   *
   * @throws RejectedExecutionException after {@link #shutdown}, and at the limit of fibers
   */
  public <T> Fiber<T> fiber(Callable<T> body) {
    return fiber(null, body);
  }

  /** Starts a fiber with a name of its own, which dumps show. */
  public <T> Fiber<T> fiber(@Nullable String name, Callable<T> body) {
    return fiber(null, name, body);
  }

  <T> Fiber<T> fiber(@Nullable Children scope, @Nullable String name, Callable<T> body) {
    Objects.requireNonNull(body, "body");
    checkOpen();
    return fibers.start(scope, name, body);
  }

  /** Opens a scope, whose fibers end with it; the calling thread closes it. */
  public Scope scope() {
    return new Scope(new Children(this, false));
  }

  /** Opens a scope that ends with the first result; the calling thread closes it. */
  public <T> Race<T> race() {
    return new Race<>(new Children(this, true));
  }

  /**
   * Polls a task on the loop's thread until its end. A loop that is shut down waits for it; when it
   * is cancelled, the future fails with {@link ClosedLoopException}.
   *
   * @return the future of its end; completing it, or cancelling, cancels the task
   * @throws RejectedExecutionException after {@link #shutdown}
   */
  public <T extends @Nullable Object> CompletableFuture<T> run(Task<T> task) {
    Objects.requireNonNull(task, "task");
    checkOpen();
    return task.start(engine::enqueue, promises.make(task));
  }

  /**
   * Runs what blocks on a thread elsewhere. A loop that is shut down waits for it; when it is
   * cancelled, the future fails with {@link ClosedLoopException}, and the thread goes on.
   *
   * @return its result, which the loop's thread completes
   * @throws RejectedExecutionException after {@link #shutdown}, and from the executor
   */
  public <T> CompletableFuture<T> offload(Callable<T> work) {
    Objects.requireNonNull(work, "work");
    checkOpen();
    return blocking.begin(work);
  }

  HostNames hostNames() {
    return hostNames;
  }

  /** A future that is done after a time of the loop's clock, or fails as the loop is closed. */
  public CompletableFuture<@Nullable Void> sleepAsync(Duration duration) {
    return new LoopFuture<@Nullable Void>(this)
        .completeOnTimeout(null, Durations.nanos(duration), TimeUnit.NANOSECONDS);
  }

  /**
   * Parks the calling thread for a duration of the loop's clock.
   *
   * @throws InterruptedException if it is interrupted, the deadline of its scope passes, or the
   *     loop is closed
   * @throws IllegalStateException on the loop's own thread outside a fiber
   */
  public void sleep(Duration duration) throws InterruptedException {
    refuseToBlock("schedule");
    Thread sleeper = Thread.currentThread();
    long nanos = Math.max(Durations.nanos(duration), 1);
    long most = Children.limit(nanos);
    Alarm alarm = engine.alarm(() -> LockSupport.unpark(sleeper), most);
    try {
      while (true) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (alarm.isOver()) {
          break;
        }
        LockSupport.park(this);
      }
    } finally {
      alarm.cancel();
    }
    if (alarm.isEarly()) {
      throw new InterruptedException(this + " was closed");
    }
    if (most < nanos) {
      throw new InterruptedException("the deadline of the scope has passed");
    }
  }

  // The end

  /**
   * A future that is completed when the loop has ended, on the thread that ran it last. To wait for
   * it in the loop is refused; the loop's clock holds for its {@code orTimeout}, and the executor
   * of its {@code Async} stages is the JDK's.
   */
  public CompletableFuture<@Nullable Void> terminated() {
    return closing.terminated().copy();
  }

  /**
   * Closes at once: {@link #shutdownNow}, and waits for the end. A loop without a thread of its own
   * is run by the caller until then, unless another thread runs it: then the caller waits, and goes
   * on if that one leaves the loop. A virtual thread cannot run a loop, and waits for one that
   * does.
   *
   * @throws IllegalStateException on the loop's own thread and in its fibers
   */
  @Override
  public void close() {
    refuseToWait();
    closing.cancel(Closing.UNWINDING_NANOS);
    awaitEnd();
  }

  /**
   * Closes in order: shuts down and waits until the loop has ended by itself; when three quarters
   * of the time are over, cancels what is left, which has the last quarter to end. Who runs the
   * loop until then, {@link #close()} says.
   *
   * @return whether it ended by itself
   * @throws IllegalStateException on the loop's own thread and in its fibers
   */
  public boolean close(Duration grace) {
    refuseToWait();
    beginClose(grace);
    return awaitEnd();
  }

  void beginClose(Duration grace) {
    closing.closeWithin(Math.max(Durations.nanos(grace), 0));
  }

  /** Waits for the end, and returns whether the loop was not cancelled. */
  boolean awaitEnd() {
    closing.await(() -> thread == null && tryRun());
    return !closing.wasCancelled();
  }

  private boolean tryRun() {
    if (!engine.tryEnter()) {
      return false;
    }
    runEntered();
    return true;
  }

  @Override
  public String toString() {
    return name;
  }
}
