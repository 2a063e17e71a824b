package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Watch;
import dev.selkie.runtime.task.Task;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.SignalEvent;
import dev.selkie.source.SignalSource;
import dev.selkie.source.Tick;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

  @Test
  void signalsAreTakenByFutureTaskAndFiber() throws Exception {
    EventLoop loop = startedMounting();
    Incoming<SignalEvent> signals = loop.attach(SignalSource.of(kernel, "URG", "WINCH"));
    Kill.self(kernel, "URG", 1);
    assertThat(result(signals.takeAsync())).isEqualTo(new SignalEvent("URG", 1));
    CompletableFuture<SignalEvent> byTask = loop.run(Task.take(signals));
    Kill.self(kernel, "WINCH", 1);
    assertThat(result(byTask)).isEqualTo(new SignalEvent("WINCH", 1));
    Fiber<SignalEvent> byFiber = loop.fiber(signals::take);
    Kill.self(kernel, "URG", 1);
    assertThat(result(byFiber)).isEqualTo(new SignalEvent("URG", 1));
    signals.close();
    assertThat(faults).isEmpty();
  }

  @Test
  void signalsAreTakenByACallback() throws Exception {
    EventLoop loop = started();
    List<SignalEvent> taken = new CopyOnWriteArrayList<>();
    SignalSource source = SignalSource.of(kernel, "WINCH");
    loop.watch(
        source,
        Interest.READABLE,
        (signals, _) -> {
          SignalEvent event = signals.poll();
          if (event != null) {
            taken.add(event);
          }
        });
    for (int i = 1; i <= 3; i++) {
      int count = i;
      Kill.self(kernel, "WINCH", 1);
      holds("signal " + i, () -> taken.size() == count);
    }
    // By the loop's thread: a callback that was called for nothing must not meet a closed source.
    result(
        loop.submit(() -> {
          source.close();
          return null;
        }));
    assertThat(taken).containsOnly(new SignalEvent("WINCH", 1));
    assertThat(faults).isEmpty();
  }
}
