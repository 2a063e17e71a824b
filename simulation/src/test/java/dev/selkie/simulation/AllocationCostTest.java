package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A stepping kernel makes no garbage in the steady state. */
final class AllocationCostTest {
  private static final int WARM_UP = 20_000;
  private static final int ROUNDS = 2_000;

  @Test
  void anEventAllocatesNothing() throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    SimulatedKernel kernel = SimulatedKernel.stepping();
    try (SpeedMain.Echo echo = new SpeedMain.Echo(kernel)) {
      for (int i = 0; i < WARM_UP; i++) {
        echo.round();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      long events = echo.events();
      for (int i = 0; i < ROUNDS; i++) {
        echo.round();
      }
      double bytes = threads.getCurrentThreadAllocatedBytes() - before;
      // An iterator of the for loops, where it is not compiled away, is 24 bytes a batch of 64.
      assertThat(bytes / (echo.events() - events)).isLessThan(1);
    }
  }
}
