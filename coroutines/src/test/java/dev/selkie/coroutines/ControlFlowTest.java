package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static dev.selkie.coroutines.Pausing.failing;
import static dev.selkie.coroutines.Pausing.later;
import static dev.selkie.coroutines.Pausing.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Code in sequence stays what it is when it waits in between. */
final class ControlFlowTest {
  private final List<String> log = new ArrayList<>();

  private static Task<Integer> loops(int rows) {
    int sum = 0;
    outer:
    for (int row = 0; ; row++) {
      for (int column = await(later(0)); column < 3; column++) {
        if (row == rows) {
          break outer;
        }
        if (await(later(column)) == 1) {
          continue;
        }
        sum += 10 * row + column;
      }
    }
    int n = 0;
    do {
      n++;
    } while (await(later(n)) < 5);
    while (await(later(n > 0))) {
      sum += n--;
    }
    return Task.of(sum);
  }

  @Test
  void loopsAndConditions() throws Exception {
    assertThat(run(loops(3))).isEqualTo(2 * (0 + 10 + 20) + 3 * 2 + 15);
  }

  private Task<String> trying(int kind) {
    String said = "";
    try {
      try {
        said += "a";
        if (kind == 0) {
          return Task.of(said + await(later("r")));
        }
        said += await(kind == 1 ? failing(new IOException("io")) : later("b"));
        if (kind == 2) {
          throw new IllegalArgumentException(said);
        }
      } catch (IllegalArgumentException e) {
        said += e.getMessage() + await(later("c"));
      } finally {
        log.add("inner " + said + await(later("f")));
      }
      said += "d";
    } catch (Exception e) {
      return later(said + e.getMessage());
    } finally {
      log.add("outer " + await(later(said)));
    }
    return Task.of(said);
  }

  @Test
  void aReturnRunsTheFinallyBlocksThatWaitToo() throws Exception {
    assertThat(run(trying(0))).isEqualTo("ar");
    assertThat(log).containsExactly("inner af", "outer a");
  }

  @Test
  void theFailureOfAnAwaitedTaskIsCaughtWhereItIsAwaited() throws Exception {
    assertThat(run(trying(1))).isEqualTo("aio");
    assertThat(log).containsExactly("inner af", "outer a");
  }

  @Test
  void anExceptionOfTheMethodIsCaughtAfterAWait() throws Exception {
    assertThat(run(trying(2))).isEqualTo("ababcd");
    assertThat(log).containsExactly("inner ababcf", "outer ababcd");
  }

  @Test
  void nothingThrown() throws Exception {
    assertThat(run(trying(3))).isEqualTo("abd");
    assertThat(log).containsExactly("inner abf", "outer abd");
  }

  private static Task<String> byItsType() {
    try {
      return Task.of(
          "read " + Coroutine.<Integer, IOException>await(failing(new IOException("gone"))));
    } catch (IOException e) {
      return Task.of("caught " + e.getMessage());
    }
  }

  @Test
  void aCheckedExceptionIsCaughtByItsType() throws Exception {
    assertThat(run(byItsType())).isEqualTo("caught gone");
  }

  private static Task<String> uncaught(Exception failure) {
    return Task.of("never " + await(failing(failure)));
  }

  @Test
  void whatIsNotCaughtIsTheFailureOfTheTask() {
    var failure = new IOException("gone");
    Task<String> task = uncaught(failure);
    assertThatThrownBy(() -> run(task)).isSameAs(failure);
    assertThatThrownBy(() -> task.poll(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the task was polled after its end");
  }

  private final class Resource implements AutoCloseable {
    final String name;

    Resource(String name) {
      this.name = name;
      log.add("open " + name);
    }

    @Override
    public void close() {
      log.add("close " + name);
    }
  }

  private Task<String> resources(Exception failure) {
    try (Resource a = new Resource(await(later("a")));
        Resource b = new Resource("b" + a.name.length())) {
      return Task.of(a.name + await(failure == null ? later(b.name) : failing(failure)));
    }
  }

  @Test
  void resourcesAreClosedAfterTheWaits() throws Exception {
    assertThat(run(resources(null))).isEqualTo("ab1");
    assertThat(log).containsExactly("open a", "open b1", "close b1", "close a");
  }

  @Test
  void resourcesAreClosedAfterAFailure() {
    var failure = new IOException("gone");
    assertThatThrownBy(() -> run(resources(failure))).isSameAs(failure);
    assertThat(log).containsExactly("open a", "open b1", "close b1", "close a");
  }

  sealed interface Shape {}

  record Circle(double radius) implements Shape {}

  record Box(int width, int height) implements Shape {}

  private static Task<String> switching(String word, Shape shape) {
    int length =
        switch (await(later(word))) {
          case "one" -> await(later(1));
          case "two", "three" -> {
            int n = await(later(2));
            yield n * n;
          }
          default -> word.length();
        };
    return Task.of(
        length
            + switch (await(later(shape))) {
              case Circle(double radius) when radius > await(later(1.0)) -> " wide " + radius;
              case Circle _ -> await(later(" narrow"));
              case Box(int width, int height) -> " box " + (width * await(later(height)));
            });
  }

  @Test
  void switchesOverStringsAndPatterns() throws Exception {
    assertThat(run(switching("one", new Circle(2)))).isEqualTo("1 wide 2.0");
    assertThat(run(switching("three", new Circle(0.5)))).isEqualTo("4 narrow");
    assertThat(run(switching("eleven", new Box(6, 7)))).isEqualTo("6 box 42");
  }

  private Task<Integer> monitors() {
    int n = 0;
    synchronized (log) {
      n++;
    }
    n += await(later(10));
    synchronized (log) {
      log.add("held");
    }
    return Task.of(n);
  }

  @Test
  void monitorsAreHeldBetweenTheWaits() throws Exception {
    assertThat(run(monitors())).isEqualTo(11);
  }

  private Task<String> conditions(int n) {
    boolean both = (await(later(n > 0)) && await(later(n < 10))) || await(later(n == 42));
    return Task.of(both ? await(later("in")) : "out");
  }

  @Test
  void conditionsAreLazy() throws Exception {
    assertThat(run(conditions(5))).isEqualTo("in");
    assertThat(run(conditions(11))).isEqualTo("out");
    assertThat(run(conditions(42))).isEqualTo("in");
  }
}
