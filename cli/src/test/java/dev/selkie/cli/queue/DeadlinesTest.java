package dev.selkie.cli.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DeadlinesTest {
  private long now = Long.MAX_VALUE - 5; // a clock may pass its largest number
  private final Deadlines deadlines =
      new Deadlines(
          new Clock() {
            @Override
            public long nanoTime() {
              return now;
            }
          });
  private final List<String> ran = new ArrayList<>();

  @Test
  void runInTheOrderOfTimeAndThenOfCreation() {
    deadlines.after(20, () -> ran.add("late"));
    deadlines.after(10, () -> ran.add("first"));
    deadlines.after(10, () -> ran.add("second"));
    assertThat(deadlines.nanosToNext()).isEqualTo(10);
    now += 9;
    deadlines.runDue();
    assertThat(ran).isEmpty();
    now += 1;
    assertThat(deadlines.nanosToNext()).isZero();
    deadlines.runDue();
    assertThat(ran).containsExactly("first", "second");
    now += 10;
    deadlines.runDue();
    assertThat(ran).containsExactly("first", "second", "late");
    assertThat(deadlines.nanosToNext()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void cancelledOneDoesNotRunNotEvenWhenAnActionCancelsIt() {
    Deadlines.Deadline second = deadlines.after(2, () -> ran.add("second"));
    deadlines.after(1, second::cancel);
    now += 2;
    deadlines.runDue();
    assertThat(ran).isEmpty();
  }

  @Test
  void oneThatAnActionAddsWaitsForTheNextTurn() {
    deadlines.after(
        0,
        () -> {
          ran.add("one");
          deadlines.after(0, () -> ran.add("two"));
        });
    deadlines.runDue();
    assertThat(ran).containsExactly("one");
    deadlines.runDue();
    assertThat(ran).containsExactly("one", "two");
  }
}
