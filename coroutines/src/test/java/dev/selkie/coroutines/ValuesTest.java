package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static dev.selkie.coroutines.Pausing.later;
import static dev.selkie.coroutines.Pausing.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.runtime.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What is kept over an await. */
final class ValuesTest {
  private final String name = "this";

  private static Task<String> ofEveryType(
      boolean z, byte b, char c, short s, int i, long j, float f, double d, String t, int[] a) {
    long sum = j;
    String awaited = await(later("x"));
    sum += i;
    double product = d * await(later(2));
    return Task.of(z + awaited + b + c + s + sum + f + product + t + a[1]);
  }

  @Test
  void parametersAndLocalVariablesOfEveryType() throws Exception {
    assertThat(
            run(
                ofEveryType(
                    true,
                    (byte) -1,
                    'c',
                    (short) 300,
                    7,
                    1L << 40,
                    1.5f,
                    2.5,
                    "t",
                    new int[] {1, 2})))
        .isEqualTo("true" + "x" + -1 + "c" + 300 + ((1L << 40) + 7) + 1.5f + 5.0 + "t" + 2);
  }

  private Task<String> ofInstance(String other) {
    String first = await(later(name)) + other;
    return Task.of(first + secret(await(later(name.length()))));
  }

  private String secret(int n) {
    return name.repeat(n);
  }

  @Test
  void theObjectWhoseMethodItIsAndWhatIsPrivateInIt() throws Exception {
    assertThat(run(ofInstance("!"))).isEqualTo("this!thisthisthisthis");
  }

  private static String join(String a, long b, double c, Object d, int e) {
    return a + b + c + d + e;
  }

  private static Task<String> amongArguments(long one) {
    return Task.of(
        join("a", one + await(later(2L)), 0.5 + await(later(1.0)), null, await(later(9))));
  }

  @Test
  void whatStandsBesideAnAwaitInAnExpression() throws Exception {
    assertThat(run(amongArguments(40))).isEqualTo("a42" + 1.5 + "null9");
  }

  private static Task<int[]> intoAnArray() {
    int[] values = {1, 2, 3};
    int i = 0;
    values[i++] += await(later(10));
    values[i++] = await(later(20)) + values[i];
    long[] longs = {5};
    longs[0] <<= await(later(2));
    values[2] = (int) longs[0];
    return Task.of(values);
  }

  @Test
  void elementsOfArraysThatAreBeingAssigned() throws Exception {
    assertThat(run(intoAnArray())).containsExactly(11, 23, 20);
  }

  record Page(String user, List<String> orders, Page next) {}

  private static Task<Page> constructed(boolean more) {
    return Task.of(
        new Page(
            await(later("user")),
            new ArrayList<>(await(later(List.of("a", "b")))),
            more ? new Page(await(later("inner")), List.of(), null) : null));
  }

  @Test
  void objectsWhoseConstructorsAwaitAmongTheirArguments() throws Exception {
    assertThat(run(constructed(true)))
        .isEqualTo(new Page("user", List.of("a", "b"), new Page("inner", List.of(), null)));
    assertThat(run(constructed(false)).next()).isNull();
  }

  private static Task<Integer> captured(int base) {
    int awaited = await(later(2));
    IntSupplier sum = () -> base + awaited;
    Supplier<String> text =
        new Supplier<>() {
          @Override
          public String get() {
            return "local" + awaited;
          }
        };
    int more = await(later(3));
    return Task.of(sum.getAsInt() * more + text.get().length());
  }

  @Test
  void whatLambdasAndLocalClassesCapture() throws Exception {
    assertThat(run(captured(40))).isEqualTo(132);
  }

  private static <E extends Comparable<E>> Task<E> greatest(
      Iterable<? extends Task<? extends E>> tasks) {
    E best = null;
    for (Task<? extends E> task : tasks) {
      E value = await(task);
      if (best == null || value.compareTo(best) > 0) {
        best = value;
      }
    }
    return Task.of(best);
  }

  @Test
  void whatIsGeneric() throws Exception {
    assertThat(run(greatest(List.of(later("b"), later("c"), later("a"))))).isEqualTo("c");
    assertThat(run(greatest(List.<Task<Integer>>of()))).isNull();
  }

  private static Task<Long> factorial(long n) {
    return Task.of(n == 0 ? await(later(1L)) : n * await(factorial(n - 1)));
  }

  @Test
  void recursion() throws Exception {
    assertThat(run(factorial(20))).isEqualTo(2_432_902_008_176_640_000L);
  }

  private static Task<Integer> depth(int n) {
    return Task.of(n == 0 ? await(later(0)) : 1 + await(depth(n - 1)));
  }

  @Test
  void deepRecursion() throws Exception {
    assertThat(run(depth(1_000))).isEqualTo(1_000);
  }

  interface Shape {
    int sides();

    default Task<String> described() {
      return Task.of(sides() + await(later(" sides")));
    }

    static Task<String> square() {
      Shape four = () -> 4;
      return Task.of("a square: " + await(four.described()));
    }
  }

  @Test
  void methodsOfInterfaces() throws Exception {
    assertThat(run(Shape.square())).isEqualTo("a square: 4 sides");
  }

  private static class Base {
    Task<String> greeting() {
      return Task.of("base " + await(later(1)));
    }
  }

  private static final class Derived extends Base {
    @Override
    Task<String> greeting() {
      return Task.of("derived of " + await(super.greeting()));
    }
  }

  @Test
  void methodsOfTheSuperclass() throws Exception {
    assertThat(run(new Derived().greeting())).isEqualTo("derived of base 1");
  }

  @Test
  void lambdasAreCoroutinesTooIfTheyReturnTasks() throws Exception {
    Task<Integer> task =
        later(3)
            .then(n -> {
              int more = await(later(n + 1));
              return Task.of(n * more);
            });
    assertThat(run(task)).isEqualTo(12);
    assertThat(run(Task.defer(() -> later(name.length() + await(later(1)))))).isEqualTo(5);
  }

  private static Task<String> nulls(String unset) {
    String none = null;
    String first = await(later((String) null));
    Object[] both = {none, await(Task.of(unset)), first};
    return Task.of(List.of(both.length, String.valueOf(both[0])) + none);
  }

  @Test
  void nulls() throws Exception {
    assertThat(run(nulls(null))).isEqualTo("[3, null]null");
  }
}
