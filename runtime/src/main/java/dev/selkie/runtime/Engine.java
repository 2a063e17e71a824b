package dev.selkie.runtime;

import dev.selkie.ClosedQueueException;
import dev.selkie.Descriptor;
import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.Source;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Kernel;
import dev.selkie.runtime.jfr.Recorder;
import dev.selkie.runtime.jfr.WakeEvent;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** What makes the turns of a loop: its event queue, run queue and timer wheel. */
final class Engine {
  static final long NO_END = -1;

  /** The longest delay and period: two of them can be added to a time and still be compared. */
  static final long LONGEST = Long.MAX_VALUE >> 1;

  private static final VarHandle OWNER;

  static {
    try {
      OWNER = MethodHandles.lookup().findVarHandle(Engine.class, "owner", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final EventLoop loop;
  private final EventQueue<Target> queue;
  private final Clock clock;
  private final RunQueue runs = new RunQueue();
  private final TimerWheel wheel;
  private final long slack;
  private final Progress progress;
  private final Traffic traffic;

  /** The thread inside a turn, or in {@link EventLoop#run}. */
  private volatile @Nullable Thread owner;

  /** Whether a foreign loop may wait on the queue: then wakes must be taken off it. */
  private volatile boolean exported;

  /** Who waits for a free descriptor, in order; shared by the loops of a group. */
  private final Queue<Retry> retries;

  /** Futures that may still be completed where they are made, in this turn; the owner's. */
  private int inline = EventLoop.INLINE_LIMIT;

  /** Delayed tasks that are not periodic; the owner's. */
  private int delayed;

  /** The one thread on which all of the loop happens; null if there is no such rule. */
  private final @Nullable Thread confinement;

  Engine(
      EventLoop loop,
      EventQueue<Target> queue,
      long slack,
      @Nullable Thread confinement,
      Queue<Retry> retries) {
    this.loop = loop;
    this.slack = slack;
    this.queue = queue;
    this.confinement = confinement;
    if (confinement != null) {
      Confinement.begin(confinement);
    }
    this.retries = retries;
    this.clock = queue.kernel().clock();
    this.wheel = new TimerWheel(clock.nanoTime());
    this.progress = new Progress(loop.name(), clock);
    this.traffic = new Traffic(loop.name());
  }

  EventQueue<Target> queue() {
    return queue;
  }

  /** The queue's descriptor, for a foreign loop. */
  Descriptor export() {
    exported = true;
    if (!runs.fallAsleep()) {
      queue.wake(); // what came before that, of which the queue was not told
    }
    return queue.descriptor();
  }

  Progress progress() {
    return progress;
  }

  Traffic traffic() {
    return traffic;
  }

  /** The thread that runs the loop at the moment. */
  @Nullable Thread owner() {
    return owner;
  }

  /** Whether a thread runs the loop, and does not wait in it. */
  boolean isInTurn() {
    return !runs.isAsleep() && owner != null;
  }

  /** Whether another thread may hand something in, and it runs soon unless the loop is held. */
  boolean answers() {
    return owner != null && confinement == null;
  }

  /** How many runnables wait; an estimate to other threads. */
  int waitingRunnables() {
    return runs.estimate(Watchdog.COUNTED);
  }

  /** How many timers are pending; an estimate to other threads. */
  int pendingTimers() {
    return wheel.size();
  }

  /** How many timers are overdue; an estimate to other threads. */
  int overdueTimers() {
    return wheel.estimateDue(clock.nanoTime(), Watchdog.COUNTED);
  }

  long nanoTime() {
    return clock.nanoTime();
  }

  /** Makes the calling thread the owner. */
  void enter() {
    Thread thread = Thread.currentThread();
    if (thread.isVirtual()) {
      throw new IllegalStateException("a virtual thread cannot run an event loop");
    }
    if (!tryEnter()) {
      throw new IllegalStateException(
          loop + (owner == thread ? " is in a turn already" : " is run by another thread"));
    }
  }

  /** Makes the calling thread the owner, unless it is virtual or there is one. */
  boolean tryEnter() {
    Thread thread = Thread.currentThread();
    if (thread.isVirtual() || !OWNER.compareAndSet(this, null, thread)) {
      return false;
    }
    runs.awake();
    progress.enter();
    Watchdog.stir();
    return true;
  }

  void leave() {
    if (exported && !loop.isTerminated() && !runs.fallAsleep()) {
      queue.wake(); // what came after the turn, for whoever waits on the descriptor
    }
    progress.leave();
    owner = null;
  }

  /** See {@link EventLoop#nanosToNextDeadline}. */
  long nanosToNextDeadline() {
    return runs.isEmpty() ? nanosToDeadline() : 0;
  }

  private long nanosToDeadline() {
    if (wheel.isEmpty()) {
      return NO_END;
    }
    long nearest = wheel.nearest();
    long left = nearest - clock.nanoTime();
    if (left > 0 && slack > 1) {
      // Not the deadlines are rounded but the wait: so what is due runs in the order of its times,
      // and not later than it must if the loop is awake for something else.
      left += Math.floorMod(-nearest, slack);
    }
    return Math.max(left, 0);
  }

  /**
   * Makes a turn; the owner.
   *
   * @return whether anything was done
   */
  boolean turn(long timeout) {
    progress.turnBegins();
    runs.takeIn();
    inline = EventLoop.INLINE_LIMIT;
    long nanos = patience(timeout);
    int found = 0;
    if (nanos != 0 || runs.size() == 0 || queue.size() > 0 || exported) {
      // The queue is called from here and no deeper: what a wait needs then fits into one compiled
      // method, and is not allocated.
      if (nanos != 0 && !runs.fallAsleep()) {
        nanos = 0; // came before, and did not wake
      }
      progress.waitBegins(nanos);
      Events<Target> events = nanos == NO_END ? queue.await() : queue.awaitNanos(nanos);
      runs.awake();
      progress.waitEnded(events);
      Watchdog.stir();
      runs.takeIn();
      found = events.size();
      for (Event<Target> event = events.next(); event != null; event = events.next()) {
        dispatch(event);
      }
    }
    int expired = expire();
    int ran = runSome();
    progress.turnEnded(found, expired, ran);
    return found + expired + ran > 0;
  }

  /** How long to wait: not at all if something is to be done, and to the next deadline at most. */
  private long patience(long timeout) {
    if (timeout == 0 || runs.size() > 0) {
      return 0;
    }
    long left = nanosToDeadline();
    if (left == NO_END || timeout == NO_END) {
      return Math.max(left, timeout);
    }
    return Math.min(left, timeout);
  }

  private void dispatch(Event<Target> event) {
    Target target = event.attachment();
    progress.callbackBegins();
    try {
      target.ready(event);
    } catch (Throwable e) {
      loop.fault(e);
    }
    progress.callbackEnded(target);
  }

  private int expire() {
    if (wheel.isEmpty()) {
      return 0;
    }
    wheel.advance(clock.nanoTime());
    for (int i = 0; i < EventLoop.TIMER_LIMIT; i++) {
      LoopDeadline timer = (LoopDeadline) wheel.poll();
      if (timer == null) {
        return i;
      }
      if (timer.keepsOpen()) {
        delayed--;
      }
      progress.callbackBegins();
      try {
        timer.expired();
      } catch (Throwable e) {
        loop.fault(e);
      }
      progress.callbackEnded(timer);
    }
    return EventLoop.TIMER_LIMIT;
  }

  private int runSome() {
    for (int i = 0; i < EventLoop.RUN_LIMIT; i++) {
      Runnable next = runs.poll();
      if (next == null) {
        return i;
      }
      run(next);
    }
    return EventLoop.RUN_LIMIT;
  }

  private void run(Runnable runnable) {
    progress.callbackBegins();
    try {
      loop.run(runnable);
    } catch (Throwable e) {
      loop.fault(e);
    }
    progress.callbackEnded(runnable);
  }

  /** Whether the caller runs on the owner: as it, or in a fiber that is mounted on it. */
  boolean isOnLoop() {
    return owner == Mounting.carrier();
  }

  /** Whether the caller is the owner itself. */
  boolean isOwner() {
    return owner == Thread.currentThread();
  }

  /** Whether the owner waits for the caller: as it, or for items of a generator of the caller's. */
  boolean isOwnerHeld() {
    return owner != null && owner == Production.askerOfCaller();
  }

  /** Refuses a caller who is not on the loop. */
  void checkOnLoop() {
    if (!isOnLoop()) {
      throw new IllegalStateException(
          "this belongs to the thread of %s, and was called on %s: there use EventLoop.schedule"
              .formatted(loop, Thread.currentThread()));
    }
  }

  /**
   * Refuses to let the caller wait for the loop where nobody would wake it.
   *
   * @throws IllegalStateException on the loop's own thread outside a fiber, and outside the fibers
   *     of the one thread of a confined loop
   */
  void refuseToBlock(String instead) {
    if (isOwnerHeld()) {
      throw new IllegalStateException(
          "this would block " + loop + " on its own thread: use " + instead + ", or a fiber");
    }
    if (confinement != null
        && (!Thread.currentThread().isVirtual() || Mounting.carrier() != confinement)) {
      throw new IllegalStateException(
          "this would block %s, and only fibers wait for %s, which is confined to %s: use %s"
              .formatted(Thread.currentThread(), loop, confinement, instead));
    }
  }

  /**
   * Whether a future may be completed where it is made; on the loop. Only so many a turn may: a
   * chain of stages that goes on at once would hold up the loop, and grow the stack.
   */
  boolean mayCompleteInline() {
    return inline-- > 0;
  }

  /** Hands in what is to run, and be it after the end; any thread. */
  void enqueue(Runnable runnable) {
    if (isOnLoop()) {
      runs.add(runnable);
      return;
    }
    if (confinement != null && Mounting.carrier() != confinement) {
      offerStray(runnable);
    }
    offer(runnable);
    if (loop.isTerminated()) {
      Afterlife.run(this::runRemains);
    }
  }

  /** Has the owner tell of what a thread hands in that must not; it is no use to refuse it. */
  private void offerStray(Runnable runnable) {
    Object what = Mounting.isContinuation(runnable) ? Mounting.threadOf(runnable) : runnable;
    IllegalStateException stray =
        new IllegalStateException(
            "%s was handed in by %s: %s is confined to %s"
                .formatted(what, Thread.currentThread(), loop, confinement));
    offer(() -> {
      throw stray;
    });
  }

  private void offer(Runnable runnable) {
    if (runs.offer(runnable)) {
      queue.wake();
      if (Recorder.isOn()) {
        new WakeEvent(loop.name(), LoopTrace.nameOf(runnable)).commit();
      }
    }
  }

  /** Has the owner do something for us, also when the loop takes no more tasks; any thread. */
  void request(Runnable body) {
    request(new Request(body));
  }

  /** The same of what is done often, and made once. */
  void request(Request request) {
    enqueue(request);
  }

  /** The time after a delay; far enough from now that it can be compared. */
  long timeAfter(long delay) {
    return clock.nanoTime() + Math.min(Math.max(delay, 0), LONGEST);
  }

  /** Has a waker called after a delay; any thread. */
  Alarm alarm(Waker waker, long delay) {
    Alarm alarm = new Alarm(this, waker);
    alarm.nanos = timeAfter(delay);
    arm(alarm);
    return alarm;
  }

  /** Arms a timer for the time that it says; any thread. */
  void arm(LoopDeadline timer) {
    if (isOnLoop() || loop.isEnding()) {
      armHere(timer);
    } else {
      request(() -> armHere(timer));
    }
  }

  /** Arms a timer, unless its end has come; on the loop, or as the loop ends and later. */
  void armHere(LoopDeadline timer) {
    if (loop.hasReached(timer.endsIn())) {
      timer.closed();
    } else if (!timer.isRevoked()) {
      wheel.arm(timer, timer.nanos);
      delayed += timer.keepsOpen() ? 1 : 0;
    }
  }

  /** Takes a timer back; any thread. */
  void disarm(LoopDeadline timer) {
    if (isOnLoop()) {
      disarmHere(timer);
    } else {
      request(() -> disarmHere(timer));
    }
  }

  /** Takes a timer back; on the loop. Whether it was armed. */
  boolean disarmHere(LoopDeadline timer) {
    boolean armed = wheel.cancel(timer);
    if (armed) {
      delayed -= timer.keepsOpen() ? 1 : 0;
    }
    return armed;
  }

  /**
   * Registers for a target, which ends with its source or with the loop; any thread.
   *
   * @throws ClosedLoopException if the end has come, or comes: then it may have ended the target
   */
  Registration<Target> register(Source source, Interest interest, Target target)
      throws IOException {
    checkTakes(target);
    try {
      Registration<Target> registration = queue.register(source, interest, target);
      try {
        checkTakes(target); // the end has looked for it before, or finds it
      } catch (ClosedLoopException e) {
        registration.cancel();
        throw e;
      }
      return registration;
    } catch (ClosedQueueException e) {
      throw new ClosedLoopException();
    } catch (IllegalStateException e) {
      if (queue.registrations().stream().anyMatch(held -> held.source().equals(source))) {
        throw new IllegalStateException(
            "%s belongs to %s already, by a watch or what it was attached as: end that first"
                .formatted(source, loop),
            e);
      }
      throw e;
    }
  }

  private void checkTakes(Target target) throws ClosedLoopException {
    if (loop.hasReached(target.endsIn())) {
      throw new ClosedLoopException();
    }
  }

  /**
   * Runs a retry when something of the loop or its group was closed, and after a delay at the
   * latest; once.
   */
  void whenFreed(Runnable retry, long delay) {
    arm(new Retry(retry, timeAfter(delay)));
  }

  /** A descriptor is about to be free; any thread. */
  void freed() {
    retries.forEach(Retry::runSoon);
  }

  /** Whether nothing is to run now or later, but for periodic tasks; the owner. */
  boolean isQuiet() {
    return runs.isEmpty() && delayed == 0;
  }

  /**
   * Ends what may not be there in the phase that the loop has reached; the owner. What throws is
   * reported, and the rest ended.
   */
  void end() {
    for (Registration<Target> registration : queue.registrations()) {
      Target target = registration.attachment();
      if (loop.hasReached(target.endsIn())) {
        run(target::end);
      }
    }
    delayed = 0;
    for (Deadline timer : wheel.drain()) {
      run(() -> armHere((LoopDeadline) timer));
    }
  }

  /** Ends all that is left, and the queue; the owner, before others may do its work for it. */
  void close() {
    end();
    runRequests();
    run(queue::close);
    Watchdog.forget(loop);
    if (confinement != null) {
      Confinement.end(confinement);
    }
    OpenLoops.remove(loop);
  }

  /** Runs what the loop's own parts have asked for, which is short, and leaves the rest. */
  private void runRequests() {
    runs.takeIn();
    for (int left = runs.size(); left > 0; left--) {
      Runnable next = Objects.requireNonNull(runs.poll());
      if (next instanceof Request) {
        run(next);
      } else {
        runs.add(next);
      }
    }
  }

  /** Runs what was handed in and not run before the end; on the thread after the owner. */
  void runRemains() {
    Kernel.where(queue.kernel())
        .run(() -> {
          runs.takeIn();
          for (Runnable next = runs.poll(); next != null; next = runs.poll()) {
            run(next);
          }
        });
  }

  /** What is tried again on this loop. */
  final class Retry extends LoopDeadline {
    private final Runnable retry;

    Retry(Runnable retry, long nanos) {
      this.retry = retry;
      this.nanos = nanos;
      retries.add(this);
    }

    /** Any thread. */
    void runSoon() {
      request(() -> {
        disarmHere(this);
        expired();
      });
    }

    @Override
    void expired() {
      if (retries.remove(this)) {
        retry.run();
      }
    }

    @Override
    void closed() {
      retries.remove(this);
    }
  }

  /** What the loop's own parts have the owner do. */
  record Request(Runnable body) implements Runnable {
    @Override
    public void run() {
      body.run();
    }
  }
}
