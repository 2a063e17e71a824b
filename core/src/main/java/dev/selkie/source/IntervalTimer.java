package dev.selkie.source;

import dev.selkie.Descriptor;
import dev.selkie.ItemSource;
import dev.selkie.backend.BargingLock;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A timer that is readable once it has expired: timerfd_create(2), or a kqueue of its own with an
 * EVFILT_TIMER. It is for programs that use a queue without event loops, which have timers of their
 * own.
 *
 * <p><b>Time.</b> A timer is never early. How much later it is seen is up to the system's clock
 * (milliseconds on OpenBSD, NetBSD and DragonFly, to which times are rounded up) and to who waits.
 * A time that is zero, negative or past is over at once; one that is longer than 73 years may be
 * cut to that.
 *
 * <p><b>Periods.</b> Expirations lie an interval apart from each other, however late they are
 * taken. Those that were not taken in time are counted by the next tick.
 *
 * <p><b>The time of day</b> may be set, and a timer of {@link #startAt} then goes by the new time:
 * an expiration that is past by then comes at once, and for one that is not it waits. It tells so
 * first, by a tick of which {@link Tick#clockWasSet} holds, at once on Linux, and within ten
 * seconds on the BSDs, which do not tell but are looked at, for a change of more than 0.1 s. A
 * machine that was asleep counts as one whose clock was set. Other timers do not mind.
 *
 * <p><b>Draining readiness.</b> A timer is readable until {@link #poll} has returned null. On the
 * BSDs it may be readable without having expired.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread. While one starts a timer, a
 * poll by another may return a last tick of before.
 */
public final class IntervalTimer implements ItemSource<Tick> {
  private static final long DISARMED = -1;

  private final DescriptorLifetime lifetime;

  /** Of starting, and of starting again what the clock has overtaken. */
  private final BargingLock starting = new BargingLock();

  /** What it was last started with, if that was a time of day. */
  private volatile @Nullable Course course;

  /** The times of day at which a timer expires, and how many of them it told of. */
  private static final class Course {
    private final long first;
    private final long interval;
    private final AtomicLong told = new AtomicLong();

    Course(long first, long interval) {
      this.first = first;
      this.interval = interval;
    }

    boolean isOver() {
      return interval == 0 && told.get() > 0;
    }

    long next() {
      return first + told.get() * interval;
    }
  }

  private IntervalTimer(DescriptorLifetime lifetime) {
    this.lifetime = lifetime;
  }

  /** A timer of the current kernel that is not started. */
  public static IntervalTimer open() throws IOException {
    return open(Kernel.current());
  }

  /**
   * A timer that is not started.
   *
   * @throws SystemCallException if the system refuses: EMFILE, or ENOSYS where it has no timers
   */
  public static IntervalTimer open(Kernel kernel) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    int number = kernel.timers().create();
    if (number < 0) {
      throw new SystemCallException("timerfd_create", "timer", number, kernel);
    }
    return new IntervalTimer(
        DescriptorLifetime.ofFile(kernel, number, "IntervalTimer", Ownership.OWNED));
  }

  /** A timer of the current kernel that expires once; see {@link #startAfter}. */
  public static IntervalTimer after(Duration delay) throws IOException {
    return after(Kernel.current(), delay);
  }

  /** A timer that expires once; see {@link #startAfter}. */
  public static IntervalTimer after(Kernel kernel, Duration delay) throws IOException {
    return opened(kernel, timer -> timer.startAfter(delay));
  }

  /** A timer of the current kernel that expires again and again; see {@link #startEvery}. */
  public static IntervalTimer every(Duration interval) throws IOException {
    return every(Kernel.current(), interval);
  }

  /** A timer that expires again and again; see {@link #startEvery}. */
  public static IntervalTimer every(Kernel kernel, Duration interval) throws IOException {
    return opened(kernel, timer -> timer.startEvery(interval));
  }

  /** A timer of the current kernel that expires at a time of day; see {@link #startAt}. */
  public static IntervalTimer at(Instant time) throws IOException {
    return at(Kernel.current(), time);
  }

  /** A timer that expires at a time of day; see {@link #startAt}. */
  public static IntervalTimer at(Kernel kernel, Instant time) throws IOException {
    return opened(kernel, timer -> timer.startAt(time));
  }

  private interface Start {
    void start(IntervalTimer timer) throws IOException;
  }

  private static IntervalTimer opened(Kernel kernel, Start start) throws IOException {
    IntervalTimer timer = open(kernel);
    try {
      start.start(timer);
      return timer;
    } catch (IOException | RuntimeException e) {
      timer.close();
      throw e;
    }
  }

  /** Takes charge of a timer of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static IntervalTimer adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a timer that {@link dev.selkie.kernel.Timers#create} or {@link #detach} gave,
   * and on Linux of any timerfd, which becomes non-blocking and goes on as it is. If it goes by the
   * time of day and that is set, start it again.
   *
   * @throws SystemCallException if the number is not open (EBADF); it is not taken then
   * @throws IllegalArgumentException if it is no timer; it is not taken then either
   */
  public static IntervalTimer adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    check("fcntl", number, kernel.files().isNonBlocking(number), kernel);
    int isTimer = kernel.timers().isTimer(number);
    check("timerfd_gettime", number, isTimer, kernel);
    if (isTimer == 0) {
      throw new IllegalArgumentException("fd " + number + " is no timer");
    }
    check("fcntl", number, kernel.files().setNonBlocking(number, true), kernel);
    DescriptorLifetime lifetime =
        DescriptorLifetime.ofFile(kernel, number, "IntervalTimer", Ownership.OWNED);
    lifetime.share(); // whoever made it may have a duplicate
    return new IntervalTimer(lifetime);
  }

  private static void check(String call, int number, int result, Kernel kernel)
      throws SystemCallException {
    if (result < 0) {
      throw new SystemCallException(call, "fd " + number, result, kernel);
    }
  }

  /**
   * Gives the descriptor up: its registrations end, and the caller closes the number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    return lifetime.detach();
  }

  /** Expires once, so long from now. Whatever the timer had to tell is gone. */
  public void startAfter(Duration delay) throws IOException {
    set(nanos(Objects.requireNonNull(delay, "delay")), 0, null);
  }

  /**
   * Expires again and again, first after one interval. Whatever the timer had to tell is gone.
   *
   * @throws IllegalArgumentException if the interval is not positive
   */
  public void startEvery(Duration interval) throws IOException {
    startEvery(Objects.requireNonNull(interval, "interval"), interval);
  }

  /**
   * Expires again and again, first so long from now. Whatever the timer had to tell is gone.
   *
   * @throws IllegalArgumentException if the interval is not positive
   */
  public void startEvery(Duration first, Duration interval) throws IOException {
    Objects.requireNonNull(first, "first");
    set(nanos(first), period(interval), null);
  }

  /** Expires once, at a time of day. Whatever the timer had to tell is gone. */
  public void startAt(Instant time) throws IOException {
    long at = nanos(Objects.requireNonNull(time, "time"));
    set(at, 0, new Course(at, 0));
  }

  /**
   * Expires again and again, first at a time of day: each of the times since 1970 is told of once.
   * Whatever the timer had to tell is gone.
   *
   * @throws IllegalArgumentException if the interval is not positive
   */
  public void startAt(Instant first, Duration interval) throws IOException {
    Objects.requireNonNull(first, "first");
    long period = period(interval);
    long at = first.isBefore(Instant.EPOCH) ? phase(first, period) : nanos(first);
    set(at, period, new Course(at, period));
  }

  /** Expires no more until it is started again. Whatever the timer had to tell is gone. */
  public void stop() throws IOException {
    set(DISARMED, 0, null);
  }

  private static long nanos(Duration duration) {
    return Math.max(TimeUnit.NANOSECONDS.convert(duration), 0); // which saturates
  }

  private static long nanos(Instant time) {
    return nanos(Duration.between(Instant.EPOCH, time));
  }

  /** The first of its times since 1970. */
  private static long phase(Instant first, long period) {
    return BigInteger.valueOf(first.getEpochSecond())
        .multiply(BigInteger.valueOf(TimeUnit.SECONDS.toNanos(1)))
        .add(BigInteger.valueOf(first.getNano()))
        .mod(BigInteger.valueOf(period))
        .longValue();
  }

  private static long period(Duration interval) {
    Objects.requireNonNull(interval, "interval");
    if (!interval.isPositive()) {
      throw new IllegalArgumentException(
          "an interval of " + interval + ": it must be positive; startAfter expires once");
    }
    return nanos(interval);
  }

  private void set(long first, long interval, @Nullable Course next) throws IOException {
    lifetime.acquireOrThrow();
    starting.lock();
    try {
      course = next;
      set(first, interval, next != null);
    } finally {
      starting.unlock();
      lifetime.release();
    }
  }

  private void set(long first, long interval, boolean absolute) throws IOException {
    Kernel kernel = lifetime.kernel();
    int result = kernel.timers().set(lifetime.number(), first, interval, absolute);
    if (result < 0 && result != Result.ECANCELED) { // of which it is started all the same
      throw new SystemCallException("timerfd_settime", lifetime, result, kernel);
    }
  }

  /**
   * Takes what the timer has to tell: how often it expired, or that the time of day was set; null
   * for neither.
   *
   * @throws SystemCallException if the system refuses: the timer is to be started again
   * @throws java.nio.channels.ClosedChannelException after close
   */
  @Override
  public @Nullable Tick poll() throws IOException {
    lifetime.acquireOrThrow();
    try {
      Course current = course;
      Kernel kernel = lifetime.kernel();
      long count;
      do {
        count = kernel.timers().expirations(lifetime.number());
      } while (count == Result.EINTR);
      if (count == Result.EAGAIN) {
        return null;
      }
      if (count == Result.ECANCELED) {
        return clockWasSet(current);
      }
      if (count < 0) {
        throw new SystemCallException("read", lifetime, count, kernel);
      }
      if (current != null) {
        current.told.addAndGet(count);
      }
      return Tick.of(count);
    } finally {
      lifetime.release();
    }
  }

  /** Linux tells of a timer that has expired too, and lets none of them go on. */
  @SuppressWarnings("ReferenceEquality") // each start has its own
  private @Nullable Tick clockWasSet(@Nullable Course before) throws IOException {
    starting.lock();
    try {
      if (course != before) {
        return null; // it was started since
      }
      if (before == null) {
        return Tick.of(0); // adopted: whoever started it knows of what
      }
      if (before.isOver()) {
        set(DISARMED, 0, false);
        return null;
      }
      set(before.next(), before.interval, true);
      return Tick.of(0);
    } finally {
      starting.unlock();
    }
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  @Override
  public void close() {
    lifetime.close();
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
