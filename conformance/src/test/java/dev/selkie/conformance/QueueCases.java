package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
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
}
