package dev.selkie.cli.futures;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What programs of futures need beyond the stages of {@link CompletableFuture}. */
final class Steps {
  private Steps() {}

  /**
   * Repeats a step until it yields false. A stage that composes itself would do so too, and grow
   * with each round.
   */
  static CompletableFuture<@Nullable Void> repeat(Supplier<CompletableFuture<Boolean>> step) {
    CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    repeat(step, end);
    return end;
  }

  private static void repeat(
      Supplier<CompletableFuture<Boolean>> step, CompletableFuture<@Nullable Void> end) {
    try {
      CompletableFuture<Boolean> _ =
          step.get()
              .whenComplete((more, problem) -> {
                if (problem != null) {
                  end.completeExceptionally(problem);
                } else if (more) {
                  repeat(step, end);
                } else {
                  end.complete(null);
                }
              });
    } catch (RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  /** What a stage has failed of. */
  static Throwable cause(Throwable problem) {
    Throwable cause = problem.getCause();
    return problem instanceof CompletionException && cause != null ? cause : problem;
  }
}
