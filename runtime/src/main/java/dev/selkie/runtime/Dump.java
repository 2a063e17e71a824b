package dev.selkie.runtime;

import dev.selkie.Registration;
import dev.selkie.runtime.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A loop in lines of text: its fibers, tasks and sources, and what they wait for. */
final class Dump {
  /** How long a loop has to answer. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(1);

  private final EventLoop loop;
  private final StringBuilder text = new StringBuilder();

  private Dump(EventLoop loop) {
    this.loop = loop;
  }

  /** Several loops, one after the other. */
  static String of(List<EventLoop> loops) {
    StringBuilder all = new StringBuilder();
    of(loops, all::append);
    return all.toString();
  }

  /**
   * Hands out the dump of each loop, in their order. All are asked at once, and have one patience.
   */
  static void of(List<EventLoop> loops, Consumer<String> dumps) {
    List<CompletableFuture<String>> answers = loops.stream().map(Dump::ask).toList();
    long patience = PATIENCE;
    for (int i = 0; i < loops.size(); i++) {
      EventLoop loop = loops.get(i);
      String answer = await(answers.get(i), patience);
      if (answer == null) {
        patience = 0; // so long the others had by now too
        answer = new Dump(loop).write(true);
      }
      dumps.accept(answer);
    }
  }

  private static CompletableFuture<String> ask(EventLoop loop) {
    Engine engine = loop.engine();
    CompletableFuture<String> answer = new CompletableFuture<>();
    if (!engine.answers() || engine.isOnLoop()) {
      answer.complete(new Dump(loop).write(false));
    } else {
      engine.request(() -> answer.complete(new Dump(loop).write(false)));
    }
    return answer;
  }

  private static @Nullable String await(CompletableFuture<String> answer, long nanos) {
    try {
      return answer.get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private String write(boolean held) {
    LoopSnapshot seen = loop.snapshot();
    line("event loop " + seen.name() + ", " + seen.queue().backend() + ", " + loop.phase());
    line(
        ("  %d turns, %d waits, %d events, %d wakes, %d runnables run, %d waiting,"
                + " %d timers fired, %d pending, %d overdue")
            .formatted(
                seen.turns(),
                seen.queue().waits(),
                seen.queue().events(),
                seen.queue().wakes(),
                seen.runnables(),
                seen.runnablesWaiting(),
                seen.timers().fired(),
                seen.timers().pending(),
                seen.timers().overdue()));
    if (held) {
      line("  it has not answered within a second: what follows is seen from outside");
      Thread owner = loop.engine().owner();
      if (owner != null) {
        thread(owner, "runs the loop");
      }
    }
    List<Registration<Target>> registrations = loop.engine().queue().registrations();
    List<Wait> waits = Wait.of(registrations, loop.fibers().threads());
    long threads = waits.stream().filter(wait -> wait.thread() != null).count();
    line("fibers, and threads that wait: " + threads);
    for (Wait wait : waits) {
      if (wait.thread() != null) {
        thread(wait.thread(), wait.what());
      }
    }
    works();
    line("sources: " + registrations.size());
    registrations.forEach(this::source);
    return text.toString();
  }

  private void works() {
    List<Object> works = loop.promises().works();
    List<Object> tasks = works.stream().filter(Task.class::isInstance).toList();
    line("tasks: " + tasks.size());
    tasks.forEach(task -> line("  " + nameOf(task)));
    line("work elsewhere: " + (works.size() - tasks.size()));
    works.stream()
        .filter(work -> !(work instanceof Task))
        .forEach(work -> line("  " + nameOf(work)));
  }

  private void source(Registration<Target> registration) {
    LoopSnapshot.Source seen = registration.attachment().state();
    String moved =
        switch (seen.use()) {
          case WATCH -> "";
          case LISTENER, ITEMS -> ", " + seen.received() + " taken";
          default -> ", %d bytes in, %d out".formatted(seen.received(), seen.sent());
        };
    String use = seen.use().name().toLowerCase(Locale.ROOT);
    line("  " + seen.source() + ": " + use + moved + ", registered " + registration.interest());
    List<Wait> waits = new ArrayList<>();
    registration.attachment().tell(waits::add);
    for (Wait wait : waits) {
      Thread thread = wait.thread();
      line("    " + (thread == null ? wait.what() : "\"" + thread.getName() + "\" waits"));
    }
  }

  private void thread(Thread thread, String what) {
    line(
        "  \"%s\" #%d %s %s"
            .formatted(thread.getName(), thread.threadId(), thread.getState(), what));
    for (StackTraceElement frame : thread.getStackTrace()) {
      line("    at " + frame);
    }
  }

  /** What the user calls it, if that does not fail. */
  private static String nameOf(Object work) {
    try {
      return work.toString();
    } catch (RuntimeException e) {
      return work.getClass().getName();
    }
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
