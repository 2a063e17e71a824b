package dev.selkie.simulation;

import dev.selkie.runtime.EventLoop;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whole programs on simulated hosts, run by one thread in virtual time: all that happens follows
 * from the programs and a seed.
 *
 * <p>It gives the event loops of its {@linkplain #host hosts} turns, in an order that the seed
 * decides, until none did anything, and then sets the clock to the nearest delivery or deadline. So
 * a timer of a year takes no time, and two runs from one seed are the same, call by call.
 *
 * <p><b>What is replayed</b> are callbacks, futures, tasks and mounted fibers, offloaded work among
 * them, which runs in fibers as well. Anything else is refused: fibers that cannot be mounted (the
 * JVM needs {@code --add-opens}, as the message says), other threads that call a host or hand
 * something to a loop, and operations that would park a thread which is no fiber. A fiber that
 * waits for the machine, in {@link Thread#sleep}, for a contended monitor or in a socket of the
 * JDK, fails the simulation when it goes on, or when nothing else is left to do. What a program
 * asks of the machine by itself, such as {@link System#nanoTime}, {@link Math#random} or the order
 * of a {@link java.util.HashSet} of identities, cannot be seen from here.
 *
 * <p><b>Failures</b> end in a {@link FailedSimulationError} or a {@link SimulatedDeadlockError},
 * whose messages tell the seed. {@code -Ddev.selkie.seed=N} has {@link #open} and {@link #explore}
 * take that one.
 *
 * <p><b>Concurrency.</b> For the thread that makes it, which runs everything.
 */
public final class Simulation implements AutoCloseable {
  /** The property with the seed to replay. */
  static final String SEED_PROPERTY = "dev.selkie.seed";

  private static final Duration LEAST_LATENCY = Duration.ofNanos(100_000);
  private static final Duration MOST_LATENCY = Duration.ofMillis(1);
  private static final int MOST_HOSTS = (1 << 16) - 2;

  /** How often what is opened while a simulation closes is closed too. */
  private static final int CLOSING_MINUTES = 10;

  private final SimulatedNetwork network;
  private final LoopTurns turns;
  private final Thread thread = Thread.currentThread();
  private final Map<String, SimulatedHost> hosts = new LinkedHashMap<>();

  private Simulation(SimulatedNetwork network) {
    this.network = network;
    this.turns = new LoopTurns(network);
    network.attach(turns);
    network.admitVirtual(turns::carriesCaller);
  }

  /**
   * A simulation of a seed, with every {@link Freedom} and latencies from 0.1 to 1 ms.
   *
   * @param seed decides them, and the order of the loops
   */
  public static Simulation seeded(long seed) {
    return of(
        SimulatedNetwork.builder()
            .seed(seed)
            .allow(Freedom.values())
            .latency(LEAST_LATENCY, MOST_LATENCY)
            .build());
  }

  /** A simulation like {@link #seeded}, of the seed to replay or of a new one. */
  public static Simulation open() {
    Long replayed = Long.getLong(SEED_PROPERTY);
    return seeded(replayed == null ? newSeed() : replayed);
  }

  /**
   * A simulation on a network with settings of its own: its seed, latencies, freedoms and trace.
   *
   * @throws IllegalStateException if it is a threaded one, or belongs to another thread
   */
  public static Simulation of(SimulatedNetwork network) {
    return new Simulation(network);
  }

  /** What is run in simulations. */
  @FunctionalInterface
  public interface Program {
    /** Makes hosts, has programs begin on their loops, and runs the simulation. */
    void run(Simulation simulation) throws Exception;
  }

  /**
   * Runs a program in so many simulations, each of a new seed; or in one, of the seed to replay.
   *
   * @throws FailedSimulationError at the first failure, with the seed
   * @throws SimulatedDeadlockError likewise
   */
  public static void explore(int simulations, Program program) {
    int runs = Long.getLong(SEED_PROPERTY) == null ? simulations : 1;
    for (int i = 0; i < runs; i++) {
      try (Simulation simulation = open()) {
        simulation.check(program);
      }
    }
  }

  private void check(Program program) {
    try {
      program.run(this);
    } catch (FailedSimulationError | SimulatedDeadlockError e) {
      throw e;
    } catch (Throwable e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw failure(e.toString(), e);
    }
  }

  private static long newSeed() {
    return ThreadLocalRandom.current().nextLong(1, Integer.MAX_VALUE);
  }

  /** The seed. */
  public long seed() {
    return network.seed();
  }

  /** The network, for what is not here: one-way routes and links, hosts of other systems. */
  public SimulatedNetwork network() {
    return network;
  }

  /** The virtual time since the beginning. */
  public Duration time() {
    return Duration.ofNanos(network.nanoTime());
  }

  LoopTurns turns() {
    return turns;
  }

  Thread thread() {
    return thread;
  }

  /** The host of a name: a Linux host, which the first call makes, with an address of its own. */
  public SimulatedHost host(String name) {
    SimulatedHost known = hosts.get(name);
    if (known != null) {
      return known;
    }
    int number = hosts.size() + 1;
    if (number > MOST_HOSTS) {
      throw new IllegalStateException("there are " + MOST_HOSTS + " hosts");
    }
    InetAddress address = InetAddress.ofLiteral("10.0." + (number >> 8) + "." + (number & 0xff));
    return host(SimulatedKernel.builder().network(network).name(name).address(address).build());
  }

  /**
   * A host by its kernel, such as one of another system or with fewer descriptors.
   *
   * @throws IllegalArgumentException if it is of another network, has no address for others, or
   *     bears the name of another host
   */
  public SimulatedHost host(SimulatedKernel kernel) {
    List<InetAddress> addresses = network.internet().addressesOf(kernel);
    if (!kernel.network().equals(network) || addresses.isEmpty()) {
      throw new IllegalArgumentException(
          kernel + " has no address in the network of the simulation");
    }
    SimulatedHost host = new SimulatedHost(this, kernel, addresses.getFirst());
    if (hosts.putIfAbsent(kernel.hostName(), host) != null) {
      throw new IllegalArgumentException("there is a host " + kernel.hostName());
    }
    return host;
  }

  // What happens between hosts

  /**
   * Separates two hosts: what they send each other is lost. Connections stand still, and go on
   * after {@link #heal}; new ones time out.
   */
  public void partition(SimulatedHost a, SimulatedHost b) {
    route(a, b, Route.LOST);
  }

  /** Ends a partition of two hosts. */
  public void heal(SimulatedHost a, SimulatedHost b) {
    route(a, b, Route.OPEN);
  }

  private void route(SimulatedHost a, SimulatedHost b, Route route) {
    betweenEach(a, b, (from, to) -> network.route(from, to, route));
  }

  /** What messages between two hosts need from now on, in each direction. */
  public void link(SimulatedHost a, SimulatedHost b, Link link) {
    betweenEach(a, b, (from, to) -> network.link(from, to, link));
  }

  /**
   * Resets the connections that are made between two hosts: both sides have ECONNRESET.
   *
   * @return how many there were
   */
  public int reset(SimulatedHost a, SimulatedHost b) {
    int[] count = {0};
    betweenEach(a, b, (from, to) -> count[0] += network.reset(from, to));
    return count[0];
  }

  private interface Pair {
    void accept(InetAddress from, InetAddress to);
  }

  private static void betweenEach(SimulatedHost a, SimulatedHost b, Pair pair) {
    for (InetAddress one : a.addresses()) {
      for (InetAddress other : b.addresses()) {
        pair.accept(one, other);
        if (!a.equals(b)) {
          pair.accept(other, one);
        }
      }
    }
  }

  // Running

  /**
   * Lets virtual time pass, with all that happens in it.
   *
   * @throws FailedSimulationError if something was thrown that nobody caught, or a fiber waits in
   *     the end for what the machine would wake, by its own clock: in {@link Thread#sleep}, say
   */
  public void run(Duration time) {
    drive("Simulation.run", () -> false, time.toNanos());
    if (!turns.foreignWaits().isEmpty()) {
      throw foreign("the time is over", null);
    }
  }

  /**
   * Runs until a condition holds.
   *
   * @throws FailedSimulationError if something was thrown that nobody caught
   * @throws SimulatedDeadlockError if nothing is left to do before it holds
   */
  public void runUntil(BooleanSupplier condition) {
    drive("Simulation.runUntil, for its condition to hold", condition, SimulatedNetwork.NEVER);
  }

  /**
   * Runs until a future is done, such as a fiber.
   *
   * @return its result
   * @throws FailedSimulationError if it failed or was cancelled, or something was thrown that
   *     nobody caught
   * @throws SimulatedDeadlockError if nothing is left to do before it is done
   */
  public <T> T runUntil(Future<T> future) {
    drive("Simulation.runUntil, for " + future, future::isDone, SimulatedNetwork.NEVER);
    return result(future);
  }

  /**
   * Runs until a future is done, for some virtual time at most.
   *
   * @return its result
   * @throws FailedSimulationError if it failed or was cancelled, or the time is over, or something
   *     was thrown that nobody caught; the message names what waits
   */
  public <T> T runUntil(Future<T> future, Duration limit) {
    drive("Simulation.runUntil, for " + future, future::isDone, limit.toNanos());
    if (!future.isDone()) {
      throw failure("not done within " + limit + ": " + future + "; " + turns, null);
    }
    return result(future);
  }

  private <T> T result(Future<T> future) {
    return switch (future.state()) {
      case SUCCESS -> future.resultNow();
      case FAILED -> throw failure(future.exceptionNow().toString(), future.exceptionNow());
      default -> throw failure(future + " was cancelled", null);
    };
  }

  private void drive(String what, BooleanSupplier done, long nanos) {
    if (turns.isTurning()) {
      throw new IllegalStateException("the simulation is running: this is called from inside it");
    }
    try {
      network.run(what, done, nanos);
    } catch (SimulatedDeadlockError e) {
      if (turns.foreignWaits().isEmpty()) {
        throw e;
      }
      throw foreign("nothing is left to do", e);
    }
  }

  private FailedSimulationError foreign(String now, @Nullable Throwable cause) {
    return failure(
        now
            + " but for what the machine would wake, which no seed decides: "
            + turns.foreignWaits(),
        cause);
  }

  private FailedSimulationError failure(String what, @Nullable Throwable cause) {
    return new FailedSimulationError(seed(), network.nanoTime(), what, cause);
  }

  /**
   * Ends the loops, at once but in order: what is attached to them is closed, and their fibers have
   * a second of virtual time to end.
   *
   * @throws FailedSimulationError if something was thrown meanwhile that nobody caught, or if what
   *     ends opens further loops without end
   */
  @Override
  public void close() {
    FailedSimulationError failure = null;
    for (int minute = 0; minute < CLOSING_MINUTES && !turns.loops().isEmpty(); minute++) {
      turns.loops().forEach(EventLoop::shutdownNow); // those too that were opened meanwhile
      try {
        drive("Simulation.close", () -> turns.loops().isEmpty(), TimeUnit.MINUTES.toNanos(1));
      } catch (FailedSimulationError e) {
        failure = Objects.requireNonNullElse(failure, e);
      }
    }
    if (!turns.loops().isEmpty()) {
      failure = failure("loops are opened again and again: " + turns.loops(), failure);
    }
    network.detach(turns);
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public String toString() {
    return turns.toString();
  }
}
