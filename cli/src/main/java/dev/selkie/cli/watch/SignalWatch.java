package dev.selkie.cli.watch;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.source.SignalEvent;
import dev.selkie.source.SignalSource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A signal to this process. */
final class SignalWatch implements Watched {
  private final String name;
  private final SignalSource signals;

  SignalWatch(String signal) throws IOException {
    name = "signal " + signal;
    signals = SignalSource.of(signal);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void register(EventQueue<Watched> queue) throws IOException {
    queue.register(signals, Interest.READABLE, this);
  }

  @Override
  public @Nullable Happening next() throws IOException {
    SignalEvent event = signals.poll();
    return event == null ? null : Happening.of(this, "signal").with("count", event.count());
  }

  @Override
  public void close() {
    signals.close();
  }
}
