package dev.selkie.cli;

import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.Terminal;
import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.Asking;
import dev.selkie.cli.program.ClientCounts;
import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayRun;
import dev.selkie.cli.program.ServerCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the demo shows of its run as it goes, and the summary at its end. */
abstract sealed class DemoReport implements Asking.Observer {
  final Output output;
  private final LatencyHistogram histogram = new LatencyHistogram();
  private @Nullable Asked firstFailure;

  private DemoReport(Output output) {
    this.output = output;
  }

  /** The form that fits the output and the number of requests. */
  static DemoReport of(Output output, DelayRun run) {
    Terminal terminal = output.terminal();
    boolean few = Timeline.isTallEnough(terminal, run.requests());
    boolean wide =
        few ? Timeline.isWideEnough(terminal, run) : ProgressBar.fits(terminal, run.requests());
    if (!terminal.live() || !wide) {
      return new Plain(output);
    }
    return few ? new Lines(output, run) : new Bar(output, run);
  }

  /** What a run is to ask, in one line. */
  static String title(DelayRun run, String how) {
    long least = run.delayMillis(run.requests() - 1);
    long most = run.delayMillis(0);
    return "%s to %s, %s, %s:"
        .formatted(
            ServerCounts.counted(run.requests(), "request"),
            run.place(),
            most == 0
                ? "without delays"
                : least == most
                    ? "delayed by " + most + " ms"
                    : "delayed by %d to %d ms".formatted(least, most),
            how);
  }

  /**
   * How long a run took, in one line. The sum of the delays is what asking one after another would
   * take at the least: where the run took as long, its time is that of its work, and proves nothing
   * of waiting for many things at once.
   */
  static String summary(DelayRun run, int answered, long elapsedMillis) {
    long sum = run.sumMillis();
    return "%s answered in %d ms%s."
        .formatted(
            answered == run.requests()
                ? ServerCounts.counted(answered, "request")
                : answered + " of " + run.requests() + " requests",
            elapsedMillis,
            sum == 0
                ? ", without delays"
                : run.requests() == 1
                    ? ", of which it was delayed by " + sum + " ms"
                    : sum <= elapsedMillis
                        ? "; their delays add up to " + sum + " ms only"
                        : "; one after another they would take " + sum + " ms");
  }

  @Override
  public void answered(Asked request) {
    histogram.add(request.lateNanos());
  }

  @Override
  public void failed(Asked request) {
    if (firstFailure == null) {
      firstFailure = request;
    }
  }

  /** Shows how the run ended. */
  void end(Asking client) {
    List<String> lines = new ArrayList<>();
    ClientCounts counts = client.counts();
    CountedKernel kernel = client.kernel();
    if (client.run().requests() > 40 && counts.answered > 0) {
      lines.addAll(histogram.lines(output.terminal()));
      lines.add(histogram.percentiles());
    }
    lines.add(
        summary(
            client.run(), counts.answered, TimeUnit.NANOSECONDS.toMillis(client.elapsedNanos())));
    lines.add(
        "%s (%d without event), %s, %s of file, %s."
            .formatted(
                ServerCounts.counted(kernel.waits(), "wait"),
                kernel.emptyWaits(),
                ServerCounts.counted(kernel.events(), "event"),
                ServerCounts.counted(counts.endsOfFile, "end"),
                ServerCounts.counted(kernel.calls(), "system call")));
    output.print(String.join(System.lineSeparator(), lines) + System.lineSeparator());
  }

  /** What is to be said of failures: one failure for all, or null if there was none. */
  @Nullable String failureLine(Asking client) {
    Asked failure = firstFailure;
    if (failure == null) {
      return null;
    }
    int others = client.counts().failed - 1;
    return "request %d failed%s: %s"
        .formatted(
            failure.index(),
            others == 0 ? "" : " (and " + ServerCounts.counted(others, "other") + ")",
            failure.failure());
  }

  private static final class Plain extends DemoReport {
    private Plain(Output output) {
      super(output);
    }

    @Override
    public void answered(Asked request) {
      super.answered(request);
      long millis = TimeUnit.NANOSECONDS.toMillis(request.endNanos() - request.startNanos());
      output.line(
          "request %d answered after %d ms: %s".formatted(request.index(), millis, request.text()));
    }

    @Override
    public void silent(long nanos) {
      output.line("no event within %d ms".formatted(TimeUnit.NANOSECONDS.toMillis(nanos)));
    }
  }

  private abstract static sealed class Live extends DemoReport {
    private static final long FRAME_NANOS = 50_000_000;
    final Screen screen;
    private long drawnAt = -FRAME_NANOS;

    private Live(Output output) {
      super(output);
      this.screen = new Screen(output);
    }

    abstract void draw(Asking client);

    @Override
    public long frameNanos() {
      return FRAME_NANOS;
    }

    @Override
    public void waited(Asking client) {
      long now = client.elapsedNanos();
      if (now - drawnAt >= FRAME_NANOS) {
        drawnAt = now;
        draw(client);
      }
    }

    @Override
    void end(Asking client) {
      draw(client);
      super.end(client);
    }
  }

  private static final class Lines extends Live {
    private final Timeline timeline;

    private Lines(Output output, DelayRun run) {
      super(output);
      this.timeline = new Timeline(output.terminal(), run);
    }

    @Override
    void draw(Asking client) {
      screen.draw(timeline.lines(client.requests(), client.elapsedNanos()));
    }
  }

  private static final class Bar extends Live {
    private final ProgressBar bar;

    private Bar(Output output, DelayRun run) {
      super(output);
      this.bar = new ProgressBar(output.terminal(), run.requests());
    }

    @Override
    void draw(Asking client) {
      int done = client.counts().answered + client.counts().failed;
      screen.draw(List.of(bar.line(done, client.requests().size(), client.elapsedNanos())));
    }
  }
}
