package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Watch;
import dev.selkie.runtime.task.Task;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.Tick;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Sources of items other than listeners on an event loop, in each style. */
@LoopContract
final class LoopItemsTest extends LoopCases {
  private static final Duration SHORT = Duration.ofMillis(2);

  LoopItemsTest(Configuration configuration) {
    super(configuration);
  }

  @Test
  void ticksAreTakenByFutureTaskAndFiber() throws Exception {
    EventLoop loop = startedMounting();
    long start = kernel.clock().nanoTime();
    Incoming<Tick> ticks = loop.attach(IntervalTimer.every(kernel, SHORT));
    long count = result(ticks.takeAsync()).count();
    count += result(loop.run(Task.take(ticks))).count();
    count +=
        result(
            loop.fiber(() -> ticks.take().count() + ticks.take().count() + ticks.take().count()));
    assertThat(count).isGreaterThanOrEqualTo(5);
    assertThat(kernel.clock().nanoTime() - start).isGreaterThanOrEqualTo(count * SHORT.toNanos());
    ticks.close();
    assertThat(faults).isEmpty();
  }

  @Test
  void ticksAreTakenByACallbackWhichStartsItsTimerAgain() throws Exception {
    EventLoop loop = started();
    List<Tick> taken = new CopyOnWriteArrayList<>();
    IntervalTimer timer = IntervalTimer.after(kernel, SHORT);
    Watch watch =
        loop.watch(
            timer,
            Interest.READABLE,
            (source, _) -> {
              Tick tick = source.poll();
              if (tick != null) {
                taken.add(tick);
                source.startAfter(SHORT);
              }
            });
    holds("three ticks", () -> taken.size() >= 3);
    assertThat(result(loop.submit(watch::cancel))).isTrue();
    timer.close();
    assertThat(taken).allMatch(tick -> tick.count() == 1);
    assertThat(faults).isEmpty();
  }
}
