package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.kernel.FaultyKernel;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A queue for each case, on a kernel whose waits can be watched and whose calls can fail. */
abstract class QueueCases {
  final Configuration configuration;
  final FaultyKernel faults;
  final WaitProbe kernel;
  EventQueue<String> queue;

  QueueCases(Configuration configuration) {
    this.configuration = configuration;
    this.faults = new FaultyKernel(configuration.kernel());
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
