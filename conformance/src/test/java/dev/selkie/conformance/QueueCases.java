package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.Terminal;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A queue for each case, on a kernel whose waits can be watched and whose calls can fail. */
abstract class QueueCases {
  final Configuration configuration;

  /** What the other two stand in front of. */
  final Kernel host;

  final FaultyKernel faults;
  final WaitProbe kernel;
  EventQueue<String> queue;

  QueueCases(Configuration configuration) {
    this.configuration = configuration;
    this.host = configuration.kernel();
    this.faults = new FaultyKernel(host);
    this.kernel = new WaitProbe(faults);
  }

  @BeforeEach
  final void openQueue() throws IOException {
    queue = configuration.queue(kernel);
  }

  @AfterEach
  final void closeQueue() {
    queue.close();
  }

  /**
   * What should not wait for this end of a terminal, in another thread if it might: it is hung up
   * then, which ends the wait.
   */
  final <T> T inTime(Terminal end, Callable<T> body) throws Exception {
    try {
      return configuration.isMachine() ? Background.start(body).result() : body.call();
    } catch (AssertionError e) {
      end.close();
      throw e;
    }
  }
}
