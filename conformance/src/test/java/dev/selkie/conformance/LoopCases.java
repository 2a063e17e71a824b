package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.EventLoopBuilder;
import dev.selkie.simulation.SimulatedHost;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.simulation.Simulation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;

/** What the cases of event loops have in common: a kernel, and the loops that are to be closed. */
abstract class LoopCases {
  final Configuration configuration;
  final Kernel kernel;

  /** What the loops were told that nobody catches. */
  final List<Throwable> faults = new CopyOnWriteArrayList<>();

  static {
    // The JDK's pollers, and what it closes sockets with, keep descriptors for the JVM's life.
    try {
      VirtualThreads.assertThatTheyWork();
    } catch (Exception e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final List<EventLoop> loops = new ArrayList<>();

  /** What runs the loops of a kernel in virtual time, once there is one. */
  private @Nullable Simulation simulation;

  private @Nullable SimulatedHost host;

  LoopCases(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @AfterEach
  void closeLoops() {
    loops.forEach(EventLoop::close);
    if (simulation != null) {
      simulation.close();
    }
  }

  /** A loop on a kernel, of this backend. */
  EventLoopBuilder builder(Kernel on) {
    EventLoopBuilder builder = EventLoop.builder().kernel(on);
    configure(builder);
    return builder;
  }

  private void configure(EventLoopBuilder builder) {
    builder
        .backend(configuration.backend())
        .uncaughtExceptionHandler((_, thrown) -> faults.add(thrown));
  }

  /** A loop that the test makes turns of. */
  EventLoop opened() throws IOException {
    return kept(builder(kernel).open());
  }

  /** A loop with a thread of its own, or run by the simulation. */
  EventLoop started() throws IOException {
    if (isSimulated()) {
      return simulatedHost().newLoop(this::configure);
    }
    return started(builder(kernel));
  }

  /** The same, with mounted fibers. */
  EventLoop startedMounting() throws IOException {
    return isSimulated() ? started() : started(builder(kernel).mountFibers(true));
  }

  /** A loop with a thread of its own and with settings, which a simulation does not have. */
  EventLoop started(EventLoopBuilder builder) throws IOException {
    requireThreads();
    return kept(builder.start());
  }

  /** Aborts a case that needs a second thread. */
  void requireThreads() {
    if (isSimulated()) {
      Assumptions.abort("needs a second thread, and a simulation has one");
    }
  }

  private boolean isSimulated() {
    return kernel instanceof SimulatedKernel simulated && !simulated.network().isThreaded();
  }

  private SimulatedHost simulatedHost() {
    SimulatedKernel simulated = (SimulatedKernel) kernel;
    if (simulation == null) {
      simulation = Simulation.of(simulated.network());
      host = simulation.host(simulated);
    }
    return Objects.requireNonNull(host);
  }

  /** Lets loops go on until a condition holds. */
  void holds(String what, BooleanSupplier condition) {
    if (simulation == null) {
      Until.holds(what, condition);
    } else {
      simulation.runUntil(condition);
    }
  }

  /** Lets loops go on until a future is done, and returns its result. */
  <T> T result(Future<T> future) throws InterruptedException, ExecutionException, TimeoutException {
    if (simulation != null) {
      simulation.runUntil(future::isDone);
    }
    return future.get(Ready.DEADLINE.toNanos(), TimeUnit.NANOSECONDS);
  }

  private EventLoop kept(EventLoop loop) {
    loops.add(loop);
    return loop;
  }

  /** Two connections of a loop with each other. */
  ConnectionPair connections(EventLoop loop) throws IOException {
    TcpPair pair = TcpPair.open(configuration, kernel);
    return new ConnectionPair(loop.attach(pair.client()), loop.attach(pair.server()));
  }

  /** The two ends of a connection. */
  record ConnectionPair(Connection near, Connection far) {}
}
