package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What coroutines allocate, exactly. */
final class CoroutineCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int ROUNDS = 200;
  private static final int POLLS = 1_000;

  private final Waker waker = () -> {};

  /** Pending every second time. */
  private static final class Pause implements Task<String> {
    private static final Poll<String> END = Poll.ready("end");
    private boolean polled;

    @Override
    public Poll<String> poll(Waker waker) {
      polled = !polled;
      return polled ? Poll.pending() : END;
    }
  }

  private static Task<Long> counting(Task<String> pause, long step) {
    long sum = 0;
    double half = 0.5;
    while (true) {
      sum += step + await(pause).length();
      half /= 2;
      if (sum < half) {
        return Task.of(sum);
      }
    }
  }

  private static Task<Long> over(Task<Long> other) {
    return Task.of(1 + await(other));
  }

  /** The fewest bytes that a round of polls allocates. */
  private long bytesOf(Task<?> task) throws Exception {
    long fewest = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS && fewest > 0; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < POLLS; i++) {
        assertPending(task);
      }
      fewest = Math.min(fewest, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return fewest;
  }

  private void assertPending(Task<?> task) throws Exception {
    if (task.poll(waker).isReady()) {
      throw new AssertionError("it ended");
    }
  }

  @Test
  void aPollWhilePendingAllocatesNothing() throws Exception {
    assertThat(bytesOf(over(counting(_ -> Poll.pending(), 1)))).isZero();
  }

  @Test
  void goingOnAndStoppingAgainAllocatesNothing() throws Exception {
    assertThat(bytesOf(over(counting(new Pause(), 1)))).isZero();
  }

  @Test
  void aCallTakesWhatItsFieldsTake() throws Exception {
    long fewest = Long.MAX_VALUE;
    Task<String> pause = _ -> Poll.pending();
    for (int round = 0; round < ROUNDS; round++) {
      Task<?>[] calls = new Task<?>[POLLS];
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < POLLS; i++) {
        calls[i] = counting(pause, 1);
        assertPending(calls[i]);
      }
      fewest = Math.min(fewest, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    // A header of 12, the number of the await, what it awaits, and in fields the pause, the step,
    // the half, and what stands on the stack beside the await: the sum, and the step again.
    assertThat(fewest).isEqualTo(POLLS * (12 + 4 + 4 + 4 + 4 * 8L));
  }
}
