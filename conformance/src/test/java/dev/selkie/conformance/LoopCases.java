package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.EventLoopBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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

  LoopCases(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @AfterEach
  void closeLoops() {
    loops.forEach(EventLoop::close);
  }

  /** A loop on a kernel, of this backend. */
  EventLoopBuilder builder(Kernel on) {
    return EventLoop.builder()
        .kernel(on)
        .backend(configuration.backend())
        .uncaughtExceptionHandler((_, e) -> faults.add(e));
  }

  /** A loop without a thread of its own. */
  EventLoop opened() throws IOException {
    return kept(builder(kernel).open());
  }

  /** A loop with a thread of its own. */
  EventLoop started() throws IOException {
    return started(builder(kernel));
  }

  EventLoop started(EventLoopBuilder builder) throws IOException {
    if (Configurations.areStepping()) {
      Assumptions.abort("needs a second thread, and a stepping network has one");
    }
    return kept(builder.start());
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
