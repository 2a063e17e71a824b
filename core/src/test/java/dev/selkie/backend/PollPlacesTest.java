package dev.selkie.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Poll;
import dev.selkie.kernel.PollSet;
import dev.selkie.kernel.Result;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the system is handed at a wait, against a map of what is registered. */
final class PollPlacesTest {
  private static final int WAKER = 0;

  /** Memory that says which places were written. */
  private static final class Memory implements PollSet {
    private int[] descriptors = new int[17];
    private int[] events = new int[17];
    private int writes;

    @Override
    public int capacity() {
      return descriptors.length;
    }

    @Override
    public void grow(int capacity) {
      descriptors = java.util.Arrays.copyOf(descriptors, capacity);
      events = java.util.Arrays.copyOf(events, capacity);
    }

    @Override
    public void set(int place, int descriptor, int asked) {
      assertThat(place).isGreaterThan(WAKER);
      descriptors[place] = descriptor;
      events[place] = asked;
      writes++;
    }

    @Override
    public int happened(int place) {
      return 0;
    }

    @Override
    public void close() {}
  }

  private final Memory memory = new Memory();
  private final PollPlaces places = new PollPlaces(memory);

  /** Number, asked events and token of each place that is not passed over. */
  private Map<Integer, List<Long>> handed() {
    Map<Integer, List<Long>> handed = new HashMap<>();
    for (int place = 0; place < places.size(); place++) {
      if (memory.descriptors[place + 1] >= 0) {
        List<Long> before =
            handed.put(
                memory.descriptors[place + 1],
                List.of((long) memory.events[place + 1], places.token(place)));
        assertThat(before).as("twice the same number").isNull();
      }
    }
    return handed;
  }

  private int placeOf(int number) {
    for (int place = 0; place < places.size(); place++) {
      if (memory.descriptors[place + 1] == number) {
        return place;
      }
    }
    throw new AssertionError(number + " is not handed to the system");
  }

  private record Registered(int interest, long token, boolean armed) {}

  private static Map<Integer, List<Long>> expected(Map<Integer, Registered> model) {
    Map<Integer, List<Long>> expected = new HashMap<>();
    model.forEach((number, one) -> {
      if (one.armed && (one.interest & Readiness.CONDITIONS) != 0) {
        expected.put(number, List.of((long) PollEvents.asked(one.interest), one.token));
      }
    });
    return expected;
  }

  @Test
  void randomChangesAreHandedOverWholeAndDisarmedOnesStaySo() {
    for (int seed = 0; seed < 50; seed++) {
      run(new Random(seed));
    }
  }

  private void run(Random random) {
    places.clear();
    Map<Integer, Registered> model = new HashMap<>();
    for (int step = 0; step < 2_000; step++) {
      change(random, model, step);
      if (random.nextInt(4) == 0) {
        places.update();
        assertThat(handed()).isEqualTo(expected(model));
        assertThat(places.size()).as("no place for nothing").isEqualTo(model.size());
        report(random, model);
      }
    }
  }

  private void change(Random random, Map<Integer, Registered> model, int step) {
    int number = random.nextInt(60);
    int interest = random.nextInt(4) | (random.nextBoolean() ? Readiness.ONE_SHOT : 0);
    switch (random.nextInt(3)) {
      case 0 -> {
        int result = places.add(number, interest, step);
        assertThat(result).isEqualTo(model.containsKey(number) ? Result.EEXIST : 0);
        model.putIfAbsent(number, new Registered(interest, step, true));
      }
      case 1 -> {
        int result = places.modify(number, interest, step);
        assertThat(result).isEqualTo(model.containsKey(number) ? 0 : Result.ENOENT);
        model.computeIfPresent(number, (_, _) -> new Registered(interest, step, true));
      }
      default -> assertThat(places.remove(number)).isEqualTo(model.remove(number) == null ? -2 : 0);
    }
  }

  /** Some are reported: those that are to be reported once are disarmed. */
  private void report(Random random, Map<Integer, Registered> model) {
    for (Integer number : new ArrayList<>(handed().keySet())) {
      if (random.nextInt(5) == 0) {
        places.reported(placeOf(number));
        model.computeIfPresent(
            number,
            (_, one) ->
                new Registered(one.interest, one.token, (one.interest & Readiness.ONE_SHOT) == 0));
      }
    }
  }

  @Test
  void aChangeCostsTheSameWhateverIsRegistered() {
    for (int number = 0; number < 10_000; number++) {
      places.add(number, Readiness.READABLE, number);
    }
    places.update();
    memory.writes = 0;
    places.modify(5_000, Readiness.WRITABLE, 1);
    places.update();
    assertThat(memory.writes).isOne();
    places.remove(17);
    places.update();
    assertThat(memory.writes).as("the last place moved to the free one").isEqualTo(2);
    places.update();
    assertThat(memory.writes).isEqualTo(2);
  }

  @Test
  void roundsOfRegisterAndCancelBetweenWaitsTakeNoMorePlaces() {
    for (int i = 0; i < 100_000; i++) {
      places.add(i % 5, Readiness.READABLE, i);
      places.remove(i % 5);
    }
    places.update();
    assertThat(places.size()).isZero();
    assertThat(memory.capacity()).isLessThan(40);
  }

  @Test
  void aNumberThatWasFoundClosedIsPassedOverAndFreeForAnother() {
    places.add(3, Readiness.READABLE, 1);
    places.add(4, Readiness.READABLE, 2);
    places.update();
    places.closed(placeOf(3));
    assertThat(handed()).containsOnlyKeys(4);
    assertThat(places.modify(3, Readiness.WRITABLE, 1)).isEqualTo(Result.EBADF);
    places.update();
    assertThat(handed()).containsOnlyKeys(4);
    assertThat(places.add(3, Readiness.WRITABLE, 9)).isZero();
    places.update();
    assertThat(handed()).containsEntry(3, List.of((long) Poll.OUT, 9L));
  }

  @Test
  void aNumberThatIsSomebodyElsesByThenIsNotFoundClosed() {
    places.add(3, Readiness.READABLE, 1);
    places.update();
    int place = placeOf(3);
    places.remove(3);
    places.add(3, Readiness.READABLE, 2);
    assertThat(places.isCurrent(place)).isFalse();
    places.closed(place);
    places.update();
    assertThat(handed()).containsKey(3);
    assertThat(places.isCurrent(placeOf(3))).isTrue();
  }
}
