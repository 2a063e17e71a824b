package dev.selkie.simulation;

import dev.selkie.backend.BargingLock;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Result;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What simulated hosts share: the wire, the clock and the seed.
 *
 * <p><b>Stepping</b>, the default: one thread, virtual time. A wait with nothing ready steps what
 * is {@linkplain #attach attached}, and when none of that does anything either, sets the clock to
 * the next delivery or deadline. If there is none it throws {@link SimulatedDeadlockError}. Time
 * stands still otherwise: a program that only ever asks with zero timeouts must let it pass by
 * {@link #advance}, or by a {@linkplain Builder#callTime time for each call}. All that happens
 * follows from the seed and the program. The thread that calls first is the one; a call from
 * another throws {@link IllegalStateException} (virtual threads, which take turns on a loop's
 * thread, are let through).
 *
 * <p><b>Threaded</b>: waits block their threads, time is the machine's own, and any number of
 * threads may take part. No order is promised.
 *
 * <p><b>Concurrency.</b> Every call of every host holds the network's one lock, and gives it up
 * while it waits.
 */
public final class SimulatedNetwork {
  static final long NEVER = Long.MAX_VALUE;

  private final ReentrantLock lock = new BargingLock();
  private final SteppingThread thread = new SteppingThread();
  private final Agenda agenda = new Agenda();
  private final long seed;
  private final Randomness random;
  private final Map<Freedom, Double> chances;
  private final long leastLatency;
  private final long mostLatency;
  private final long callNanos;
  private final boolean threaded;
  private final @Nullable Consumer<String> trace;
  private final Internet internet;
  private final Transfer transfer = new Transfer();
  private final List<Stepped> stepped = new ArrayList<>();
  private final List<Stepped> stepping = new ArrayList<>();
  private long now;
  private @Nullable WaitPoint waits;

  private SimulatedNetwork(Builder builder) {
    this.seed = builder.seed;
    this.random = new Randomness(builder.seed);
    this.chances = new EnumMap<>(builder.chances);
    this.leastLatency = builder.leastLatency;
    this.mostLatency = builder.mostLatency;
    this.callNanos = builder.callNanos;
    this.threaded = builder.threaded;
    this.trace = builder.trace;
    this.internet = new Internet(this);
  }

  /** A network with settings of its own. */
  public static Builder builder() {
    return new Builder();
  }

  /** A stepping network that takes no freedom: plain and exact. */
  public static SimulatedNetwork stepping() {
    return builder().build();
  }

  /** A threaded network that takes no freedom. */
  public static SimulatedNetwork threaded() {
    return builder().threaded().build();
  }

  /** A host of this network with no address but the loopback ones. */
  public SimulatedKernel host(String name) {
    return SimulatedKernel.builder().network(this).name(name).build();
  }

  /** Nanoseconds on the network's clock: 0 at the start where it is virtual. */
  public long nanoTime() {
    lock.lock();
    try {
      refresh();
      return now;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has the waits of a stepping network step something in its turn.
   *
   * @throws IllegalStateException on a threaded network, where a loop has a thread of its own
   */
  public void attach(Stepped loop) {
    beginHere();
    try {
      if (threaded) {
        throw new IllegalStateException(
            "a threaded network steps nothing: give the loop a thread of its own");
      }
      stepped.add(Objects.requireNonNull(loop, "loop"));
    } finally {
      lock.unlock();
    }
  }

  /** Steps it no longer. */
  public void detach(Stepped loop) {
    here(() -> stepped.remove(loop));
  }

  /**
   * Lets virtual time pass, with all that is due in it.
   *
   * @throws IllegalStateException on a threaded network
   */
  public void advance(Duration time) {
    run("time", () -> false, time.toNanos());
  }

  /**
   * Steps what is attached until a condition holds.
   *
   * @throws SimulatedDeadlockError if nothing is left to do before it holds
   * @throws IllegalStateException on a threaded network
   */
  public void run(BooleanSupplier done) {
    run("network.run, for its condition to hold", done, NEVER);
  }

  /** Steps what is attached until a condition holds, which has a name, or a time has come. */
  void run(String what, BooleanSupplier done, long nanos) {
    beginHere();
    try {
      if (threaded) {
        throw new IllegalStateException("time passes by itself on a threaded network");
      }
      stepUntil(new OwnWait(this, what, done), null, saturatedSum(now, nanos));
    } finally {
      lock.unlock();
    }
  }

  /**
   * How messages are treated between two addresses from now on; see {@link Route}. What was held by
   * a lost route arrives when the sender tries again, at most 0.2 seconds after it is open.
   */
  public void route(InetAddress from, InetAddress to, Route route) {
    here(() -> internet.route(from, to, route));
  }

  /** What messages need from one address to another from now on, in place of the latency. */
  public void link(InetAddress from, InetAddress to, Link link) {
    Objects.requireNonNull(link, "link");
    here(() -> internet.link(from, to, link));
  }

  /**
   * Resets the connections that were made from one address to another, for both sides at once: what
   * is under way is lost, and each side has ECONNRESET.
   *
   * @return how many there were
   */
  public int reset(InetAddress from, InetAddress to) {
    beginHere();
    try {
      return internet.reset(from, to);
    } finally {
      lock.unlock();
    }
  }

  /** What decides every freedom. */
  public long seed() {
    return seed;
  }

  /** Lets virtual threads through only if they are carried by the one thread. */
  void admitVirtual(BooleanSupplier carried) {
    thread.admitVirtual(carried);
  }

  private void here(Runnable body) {
    beginHere();
    try {
      body.run();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the lock; on a stepping network for the one thread alone, and others do not wait. */
  private void beginHere() {
    if (!threaded) {
      thread.check();
    }
    lock.lock();
  }

  // What follows is for the hosts.

  Condition newCondition() {
    return lock.newCondition();
  }

  /** Begins a call: nobody else is in one until {@link #exit}. */
  void enter() {
    beginHere();
    if (threaded) {
      if (!agenda.isEmpty()) {
        deliverDue();
      }
    } else if (callNanos != 0) {
      now += callNanos;
      deliverDue();
    }
  }

  void exit() {
    transfer.clear();
    lock.unlock();
  }

  /** Whether it passes time as the machine does, and its hosts may be called by many threads. */
  public boolean isThreaded() {
    return threaded;
  }

  Internet internet() {
    return internet;
  }

  /** The memory of the call in progress. */
  Transfer transfer() {
    return transfer;
  }

  /** The time at which the call in progress began, or the last delivery was made. */
  long now() {
    return now;
  }

  /** The time at this moment. */
  long time() {
    refresh();
    return now;
  }

  Randomness random() {
    return random;
  }

  boolean allows(Freedom freedom) {
    return chances.containsKey(freedom);
  }

  /** Whether a freedom is taken at this opportunity. */
  boolean takes(Freedom freedom) {
    Double chance = chances.get(freedom);
    return chance != null && random.happens(chance);
  }

  /** The time that the next message needs where nothing else is said of its way, in nanoseconds. */
  long latency() {
    return between(leastLatency, mostLatency);
  }

  long between(long least, long most) {
    return most == least ? most : random.between(least, most);
  }

  /** Plans a delivery so many nanoseconds from now, in place of an earlier plan of it. */
  void plan(Delivery delivery, long nanos) {
    refresh();
    planAt(delivery, saturatedSum(now, nanos));
  }

  void planAt(Delivery delivery, long time) {
    agenda.cancel(delivery);
    boolean first = time < agenda.nextTime();
    agenda.plan(delivery, time);
    if (first && threaded) {
      for (WaitPoint point = waits; point != null; point = point.next) {
        point.condition.signalAll(); // they count on a later one
      }
    }
  }

  void cancel(Delivery delivery) {
    agenda.cancel(delivery);
  }

  boolean isTraced() {
    return trace != null;
  }

  /** Adds a line to the trace, which {@link #isTraced} asked for. */
  void trace(String host, String line) {
    if (trace != null) {
      trace.accept(now + " " + host + " " + line);
    }
  }

  /**
   * Waits for a queue, for at most a time; the caller holds the lock by one {@link #enter}.
   *
   * @param timeout nanoseconds; 0 asks only, a negative value waits without end
   */
  int await(Collector queue, @Nullable EventBatch batch, long timeout) {
    if (timeout != 0 && takes(Freedom.INTERRUPTIONS)) {
      return Result.EINTR;
    }
    int count = queue.collect(batch);
    if (count != 0 || timeout == 0) {
      return count;
    }
    refresh();
    long deadline = timeout < 0 ? NEVER : saturatedSum(now, timeout);
    WaitPoint point = queue.waitPoint();
    add(point);
    try {
      return threaded ? block(queue, batch, deadline) : stepUntil(queue, batch, deadline);
    } finally {
      remove(point);
    }
  }

  /** Ends the waits of a host with EINTR. */
  void signal(SimulatedKernel host) {
    for (WaitPoint point = waits; point != null; point = point.next) {
      if (host.equals(point.host)) {
        point.signalled = true;
        point.condition.signalAll();
      }
    }
  }

  private void add(WaitPoint point) {
    if (point.waiting++ == 0) {
      point.signalled = false;
      point.next = waits;
      if (waits != null) {
        waits.previous = point;
      }
      waits = point;
    }
  }

  private void remove(WaitPoint point) {
    if (--point.waiting > 0) {
      return;
    }
    WaitPoint before = point.previous;
    WaitPoint after = point.next;
    if (before == null) {
      waits = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    point.next = null;
    point.previous = null;
  }

  private int block(Collector queue, @Nullable EventBatch batch, long deadline) {
    boolean interrupted = false;
    try {
      while (true) {
        deliverDue();
        int count = queue.collect(batch);
        if (count != 0) {
          return count;
        }
        if (queue.waitPoint().signalled) {
          queue.waitPoint().signalled = false;
          return Result.EINTR;
        }
        long left = Math.min(deadline, agenda.nextTime());
        try {
          if (left == NEVER) {
            queue.waitPoint().condition.await();
          } else if (deadline - now <= 0) {
            return 0;
          } else {
            queue.waitPoint().condition.awaitNanos(left - now);
          }
        } catch (InterruptedException e) {
          interrupted = true; // an interrupt is no signal: the wait goes on
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private int stepUntil(Collector queue, @Nullable EventBatch batch, long deadline) {
    @Nullable Stepped due = null;
    while (true) {
      deliverDue();
      int count = queue.collect(batch);
      if (count != 0 || now >= deadline) {
        return count;
      }
      if (queue.waitPoint().signalled) {
        return Result.EINTR;
      }
      if (stepOthers()) {
        due = null;
        continue;
      }
      due = dueStill(due);
      long next = Math.min(Math.min(deadline, agenda.nextTime()), nextDeadlineOfOthers());
      if (next == NEVER) {
        throw SimulatedDeadlockError.of(queue.waitPoint(), waits, stepped, internet.held(), now);
      }
      now = Math.max(now, next);
    }
  }

  /** The loop that says it is due though its step did nothing: once by chance, never twice. */
  private @Nullable Stepped dueStill(@Nullable Stepped before) {
    for (int i = 0; i < stepped.size(); i++) {
      Stepped loop = stepped.get(i);
      if (!stepping.contains(loop) && loop.nanosToNextDeadline() == 0) {
        if (loop.equals(before)) {
          throw new IllegalStateException(
              "attached %s says that its deadline is due, and its steps do nothing"
                  .formatted(loop));
        }
        return loop;
      }
    }
    return null;
  }

  /** Gives each attached loop that is not inside a step a turn; whether one did anything. */
  private boolean stepOthers() {
    boolean progress = false;
    for (int i = 0; i < stepped.size(); i++) {
      Stepped loop = stepped.get(i);
      if (stepping.contains(loop)) {
        continue;
      }
      stepping.add(loop);
      int holds = lock.getHoldCount();
      try {
        for (int held = holds; held > 0; held--) {
          lock.unlock();
        }
        progress |= loop.step();
      } finally {
        for (int held = 0; held < holds; held++) {
          lock.lock();
        }
        stepping.remove(loop);
      }
    }
    return progress;
  }

  private long nextDeadlineOfOthers() {
    long next = NEVER;
    for (int i = 0; i < stepped.size(); i++) {
      Stepped loop = stepped.get(i);
      if (!stepping.contains(loop)) {
        long nanos = loop.nanosToNextDeadline();
        if (nanos >= 0) {
          next = Math.min(next, saturatedSum(now, nanos));
        }
      }
    }
    return next;
  }

  private void refresh() {
    if (threaded) {
      now = System.nanoTime();
    }
  }

  private void deliverDue() {
    refresh();
    while (agenda.nextTime() <= now) {
      Delivery delivery = agenda.take();
      if (trace != null) {
        trace("-", delivery.describe());
      }
      delivery.deliver();
    }
  }

  static long saturatedSum(long time, long nanos) {
    long sum = time + nanos;
    return sum < time ? NEVER : sum;
  }

  /** The settings of a network. Unless set: stepping, seed 0, no freedom, no latency, no trace. */
  public static final class Builder {
    private static final double DEFAULT_CHANCE = 0.25;

    private final Map<Freedom, Double> chances = new EnumMap<>(Freedom.class);
    private long seed;
    private boolean threaded;
    private long leastLatency;
    private long mostLatency;
    private long callNanos;
    private @Nullable Consumer<String> trace;

    private Builder() {}

    /** What decides every freedom. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** Waits block and time is real. */
    public Builder threaded() {
      this.threaded = true;
      return this;
    }

    /** Allows freedoms, each at one opportunity of four. */
    public Builder allow(Freedom... freedoms) {
      for (Freedom freedom : freedoms) {
        allow(freedom, DEFAULT_CHANCE);
      }
      return this;
    }

    /**
     * Allows a freedom at some of its opportunities.
     *
     * @param chance from 0 for never to 1 for always; a call that is always interrupted never ends
     * @throws IllegalArgumentException if it is neither
     */
    public Builder allow(Freedom freedom, double chance) {
      if (!(chance >= 0 && chance <= 1)) {
        throw new IllegalArgumentException(freedom + " with a chance of " + chance);
      }
      chances.put(freedom, chance);
      return this;
    }

    /**
     * How long a message is on its way, evenly spread between the two; messages of one connection
     * stay in order, datagrams may overtake each other.
     */
    public Builder latency(Duration least, Duration most) {
      if (least.isNegative() || most.compareTo(least) < 0) {
        throw new IllegalArgumentException("latency from " + least + " to " + most);
      }
      this.leastLatency = least.toNanos();
      this.mostLatency = most.toNanos();
      return this;
    }

    /** The virtual time that each call takes. */
    public Builder callTime(Duration time) {
      this.callNanos = TimeUnit.NANOSECONDS.convert(time);
      return this;
    }

    /**
     * Takes a line for each call and each delivery, without its end of line. Two runs of one
     * program on a stepping network give the same lines.
     */
    public Builder trace(Consumer<String> lines) {
      this.trace = Objects.requireNonNull(lines, "lines");
      return this;
    }

    /** Makes the network. */
    public SimulatedNetwork build() {
      return new SimulatedNetwork(this);
    }
  }
}
