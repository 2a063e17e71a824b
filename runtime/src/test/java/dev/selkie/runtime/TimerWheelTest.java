package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TimerWheelTest {
  private static final long SECOND = 1_000_000_000;
  private static final long YEAR = 365 * 24 * 3600 * SECOND;

  private final TimerWheel wheel = new TimerWheel(0);

  private static final class Named extends Deadline {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    @Override
    void expired() {
      throw new AssertionError("the wheel called " + name);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Named arm(TimerWheel wheel, String name, long nanos) {
    Named deadline = new Named(name);
    wheel.arm(deadline, nanos);
    return deadline;
  }

  private Named arm(String name, long nanos) {
    return arm(wheel, name, nanos);
  }

  /** All that is due, as a thread takes it that comes again as long as it is told to. */
  private static List<String> due(TimerWheel wheel, long now) {
    List<String> names = new ArrayList<>();
    wheel.advance(now);
    while (!wheel.isEmpty() && wheel.nearest() - now <= 0) {
      for (Deadline next = wheel.poll(); next != null; next = wheel.poll()) {
        names.add(next.toString());
      }
    }
    return names;
  }

  private List<String> due(long now) {
    return due(wheel, now);
  }

  @Test
  void deadlinesAreHandedOutInOrderOfTime() {
    arm("hour", 3600 * SECOND);
    arm("nanosecond", 1);
    arm("second", SECOND);
    arm("microsecond", 1000);
    assertThat(due(2 * SECOND)).containsExactly("nanosecond", "microsecond", "second");
    assertThat(due(3600 * SECOND)).containsExactly("hour");
    assertThat(wheel.isEmpty()).isTrue();
  }

  @Test
  void nothingIsDueBeforeItsNanosecond() {
    arm("a", 12_345_678_901L);
    assertThat(due(12_345_678_900L)).isEmpty();
    assertThat(due(12_345_678_901L)).containsExactly("a");
  }

  @Test
  void thoseOfOneTimeComeInOrderOfArmingWhateverTheLevelsTheyCameFrom() {
    long time = 5000 * SECOND + 777;
    List<String> names = new ArrayList<>();
    for (long before = 1L << 42; before > 0; before >>= 1) {
      long now = time - before;
      // Whatever lies near draws the shared slot down a level.
      arm("x", now);
      arm("x", now + 1);
      names.addAll(due(now));
      arm("t" + before, time);
    }
    names.addAll(due(time));
    names.removeIf("x"::equals);
    List<String> inOrder = new ArrayList<>();
    for (long before = 1L << 42; before > 0; before >>= 1) {
      inOrder.add("t" + before);
    }
    assertThat(names).containsExactlyElementsOf(inOrder);
  }

  @Test
  void aTimeThatHasPassedIsDueAtOnceBehindTheEarlierAndTheSame() {
    arm("10", 10);
    arm("20", 20);
    arm("30", 30);
    wheel.advance(25);
    assertThat(wheel.poll()).hasToString("10");
    arm("late 20", 20);
    arm("late 15", 15);
    arm("late 5", 5);
    arm("late -5", -5);
    arm("late 5 again", 5);
    assertThat(wheel.nearest()).isEqualTo(-5);
    assertThat(due(25))
        .containsExactly("late -5", "late 5", "late 5 again", "late 15", "20", "late 20");
    assertThat(due(30)).containsExactly("30");
  }

  @Test
  void theWheelNeverCallsADeadline() {
    arm("a", 1);
    wheel.advance(1);
    Deadline deadline = wheel.poll();
    assertThat(deadline).hasToString("a");
    assertThat(deadline.isArmed()).isFalse();
    assertThat(deadline.deadline()).isEqualTo(1);
  }

  @Test
  void aPendingDeadlineIsCancelledOnce() {
    Named a = arm("a", 100);
    Named b = arm("b", 100);
    assertThat(a.isArmed()).isTrue();
    assertThat(wheel.cancel(a)).isTrue();
    assertThat(a.isArmed()).isFalse();
    assertThat(wheel.cancel(a)).isFalse();
    assertThat(wheel.cancel(new Named("never armed"))).isFalse();
    assertThat(wheel.size()).isOne();
    assertThat(due(100)).containsExactly("b");
    assertThat(wheel.cancel(b)).isFalse();
  }

  @Test
  void aDeadlineThatIsDueOrOverdueIsCancelled() {
    arm("first", 10);
    Named middle = arm("middle", 10);
    Named last = arm("last", 10);
    wheel.advance(10);
    assertThat(wheel.poll()).hasToString("first");
    Named overdue = arm("overdue", 3);
    arm("overdue too", 3);
    assertThat(wheel.cancel(last)).isTrue();
    assertThat(wheel.cancel(overdue)).isTrue();
    arm("new", 10);
    assertThat(wheel.cancel(middle)).isTrue();
    assertThat(due(10)).containsExactly("overdue too", "new");
    assertThat(wheel.isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void aDeadlineIsCancelledWhileItsSlotIsScattered(int cancelled) {
    TimerWheel stepping = new TimerWheel(0, 3);
    List<Named> deadlines = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      deadlines.add(arm(stepping, "d" + i, 1000 + i));
      if (i != cancelled) {
        others.add("d" + i);
      }
    }
    stepping.advance(2000);
    assertThat(stepping.poll()).isNull();
    assertThat(stepping.cancel(deadlines.get(cancelled))).isTrue();
    assertThat(stepping.size()).isEqualTo(7);
    assertThat(due(stepping, 2000)).containsExactlyElementsOf(others);
    assertThat(stepping.isEmpty()).isTrue();
  }

  @Test
  void allOfASlotCanBeCancelledWhileItIsScattered() {
    TimerWheel stepping = new TimerWheel(0, 1);
    List<Named> deadlines = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      deadlines.add(arm(stepping, "d" + i, 1000 + i));
    }
    stepping.advance(2000);
    assertThat(stepping.poll()).isNull();
    for (Named deadline : deadlines.reversed()) {
      assertThat(stepping.cancel(deadline)).isTrue();
    }
    assertThat(stepping.isEmpty()).isTrue();
    assertThat(stepping.poll()).isNull();
    arm(stepping, "next", 3000);
    assertThat(due(stepping, 3000)).containsExactly("next");
  }

  @Test
  void oneCallScattersABoundedNumberAndThoseArmedMeanwhileKeepTheirPlaces() {
    TimerWheel stepping = new TimerWheel(0, 100);
    List<String> inOrder = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      arm(stepping, "d" + i, 100_000 + i % 2);
    }
    stepping.advance(200_000);
    for (int call = 0; call < 9; call++) {
      assertThat(stepping.poll()).as("call %d", call).isNull();
      assertThat(stepping.nearest()).isLessThanOrEqualTo(200_000);
    }
    arm(stepping, "new", 100_000);
    arm(stepping, "new too", 100_001);
    for (int i = 0; i < 1000; i += 2) {
      inOrder.add("d" + i);
    }
    inOrder.add("new");
    for (int i = 1; i < 1000; i += 2) {
      inOrder.add("d" + i);
    }
    inOrder.add("new too");
    for (String expected : inOrder) {
      assertThat(stepping.poll()).hasToString(expected);
    }
    assertThat(stepping.poll()).isNull();
  }

  @Test
  void aThreadMayTakeAFewAtATime() {
    for (int i = 0; i < 10; i++) {
      arm("d" + i, 50 + i);
    }
    wheel.advance(100);
    assertThat(wheel.poll()).hasToString("d0");
    assertThat(wheel.poll()).hasToString("d1");
    assertThat(wheel.nearest()).isLessThanOrEqualTo(52);
    assertThat(wheel.size()).isEqualTo(8);
    wheel.advance(200);
    assertThat(wheel.poll()).hasToString("d2");
  }

  @Test
  void whatWasHandedOutCanBeArmedAgainAndWhatIsArmedCannot() {
    Named a = arm("a", 10);
    assertThatIllegalStateException()
        .isThrownBy(() -> wheel.arm(a, 20))
        .withMessage("the deadline is armed already");
    assertThat(due(10)).containsExactly("a");
    wheel.arm(a, 20);
    assertThat(wheel.cancel(a)).isTrue();
    wheel.arm(a, 30);
    assertThat(due(29)).isEmpty();
    assertThat(due(30)).containsExactly("a");
  }

  @Test
  void takingAllBackLeavesTheTimeOfTheWheel() {
    wheel.advance(10);
    Named far = arm("far", YEAR);
    Named near = arm("near", 20);
    Named overdue = arm("overdue", 5);
    assertThat(wheel.drain()).containsExactly(overdue, near, far);
    assertThat(wheel.isEmpty()).isTrue();
    wheel.arm(far, YEAR);
    arm("later", 30);
    assertThat(due(29)).isEmpty();
    assertThat(due(30)).containsExactly("later");
  }

  @Test
  void aClockThatGoesBackIsIgnored() {
    arm("a", 100);
    wheel.advance(100);
    wheel.advance(-100);
    assertThat(wheel.poll()).hasToString("a");
    wheel.advance(-1000);
    arm("b", 101);
    assertThat(due(0)).isEmpty();
    assertThat(due(101)).containsExactly("b");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, -1000, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1000})
  void theClockMayHaveAnyOriginAndOverflow(long start) {
    TimerWheel wheel = new TimerWheel(start);
    arm(wheel, "2 s", start + 2 * SECOND);
    arm(wheel, "1000", start + 1000);
    arm(wheel, "1", start + 1);
    arm(wheel, "past", start - 1);
    assertThat(wheel.nearest()).isEqualTo(start - 1);
    assertThat(due(wheel, start)).containsExactly("past");
    assertThat(wheel.nearest()).isEqualTo(start + 1);
    assertThat(due(wheel, start + SECOND)).containsExactly("1", "1000");
    assertThat(due(wheel, start + 2 * SECOND)).containsExactly("2 s");
  }

  @Test
  void aDeadlineMayBe290YearsAheadAndAsLongAgo() {
    long start = 17 * YEAR;
    TimerWheel wheel = new TimerWheel(start);
    arm(wheel, "290 years", start + 290 * YEAR);
    wheel.advance(start + YEAR);
    arm(wheel, "farthest", start + YEAR + Long.MAX_VALUE);
    arm(wheel, "longest ago", start + YEAR + Long.MIN_VALUE);
    arm(wheel, "soon", start + YEAR + 1);
    assertThat(due(wheel, start + YEAR)).containsExactly("longest ago");
    assertThat(wheel.nearest()).isEqualTo(start + YEAR + 1);
    assertThat(due(wheel, start + YEAR + 1)).containsExactly("soon");
    assertThat(wheel.nearest()).isEqualTo(start + 290 * YEAR);
    assertThat(due(wheel, start + 290 * YEAR)).containsExactly("290 years");
    assertThat(wheel.nearest()).isEqualTo(start + YEAR + Long.MAX_VALUE);
    assertThat(due(wheel, start + YEAR + Long.MAX_VALUE)).containsExactly("farthest");
  }

  @Test
  void aWheelThatWasEmptyMayBeOlderThanItsRange() {
    long now = Long.MAX_VALUE - 4;
    wheel.advance(now);
    arm("a", now + 1);
    arm("b", now + 10);
    wheel.advance(now + 20);
    arm("c", now + 19);
    assertThat(due(now + 20)).containsExactly("a", "b", "c");
  }

  @Test
  void theNearestTimeIsExactWhereNothingWasCancelled() {
    arm("a", 7 * SECOND);
    assertThat(wheel.nearest()).isEqualTo(7 * SECOND);
    arm("b", 7 * SECOND - 1);
    assertThat(wheel.nearest()).isEqualTo(7 * SECOND - 1);
    arm("c", 3);
    assertThat(wheel.nearest()).isEqualTo(3);
    assertThat(due(3)).containsExactly("c");
    assertThat(wheel.nearest()).isEqualTo(7 * SECOND - 1);
  }

  @Test
  void afterACancellationTheNearestTimeIsEarlyAFewTimesAndNeverLate() {
    long time = 100 * SECOND + 99_999;
    arm("a", time);
    Named cancelled = arm("cancelled", 100 * SECOND);
    arm("slot keeper", time);
    wheel.cancel(cancelled);
    int stops = 0;
    while (wheel.nearest() < time) {
      assertThat(due(wheel.nearest())).isEmpty();
      stops++;
    }
    assertThat(stops).isBetween(1, 10);
    assertThat(wheel.nearest()).isEqualTo(time);
    assertThat(due(time)).containsExactly("a", "slot keeper");
  }

  @Test
  void thereIsNoNearestTimeOfNone() {
    assertThatIllegalStateException()
        .isThrownBy(wheel::nearest)
        .withMessage("no deadline is armed");
    Named a = arm("a", 10);
    wheel.cancel(a);
    assertThatIllegalStateException().isThrownBy(wheel::nearest);
    assertThat(wheel.poll()).isNull();
  }
}
