package dev.selkie.cli.watch;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.Tick;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A timer that expires again and again. */
final class TimerWatch implements Watched {
  private final String name;
  private final IntervalTimer timer;

  TimerWatch(String given, Duration interval) throws IOException {
    name = "every " + given;
    timer = IntervalTimer.every(interval);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void register(EventQueue<Watched> queue) throws IOException {
    queue.register(timer, Interest.READABLE, this);
  }

  @Override
  public @Nullable Happening next() throws IOException {
    Tick tick = timer.poll();
    return tick == null ? null : Happening.of(this, "tick").with("count", tick.count());
  }

  @Override
  public void close() {
    timer.close();
  }
}
