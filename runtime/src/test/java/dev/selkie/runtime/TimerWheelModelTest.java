package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random histories of a wheel agree with a sorted map of time and order of arming.
 *
 * <p>{@code -Ddev.selkie.seed=N} replays one.
 */
final class TimerWheelModelTest {
  private static final int FIXED = 100;
  private static final int FRESH = 100;
  private static final int STEPS = 2000;

  @Test
  void theWheelHandsOutWhatASortedMapDoes() {
    Long replayed = Long.getLong("dev.selkie.seed");
    LongStream seeds =
        replayed != null
            ? LongStream.of(replayed)
            : LongStream.concat(
                LongStream.rangeClosed(1, FIXED), ThreadLocalRandom.current().longs(FRESH));
    seeds.forEach(TimerWheelModelTest::run);
  }

  private static void run(long seed) {
    try {
      new History(seed).run();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("replay with -Ddev.selkie.seed=%d: %s".formatted(seed, e), e);
    }
  }

  /** When it is due, from the start of the clock on, and which it is of those armed. */
  private record Key(long time, long order) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparingLong(Key::time).thenComparingLong(Key::order);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  private static final class Timer extends Deadline {
    private Key key = new Key(0, 0);

    @Override
    void expired() {}
  }

  private static final class History {
    private final SplittableRandom random;
    private final long start;
    private final TimerWheel wheel;
    private final TreeMap<Key, Timer> model = new TreeMap<>();
    private final List<Timer> timers = new ArrayList<>();
    private long now;
    private long orders;

    History(long seed) {
      random = new SplittableRandom(seed);
      long[] starts = {0, -1000, Long.MAX_VALUE - 1000, random.nextLong()};
      start = starts[random.nextInt(starts.length)];
      int part = random.nextBoolean() ? random.nextInt(1, 6) : 1024;
      wheel = new TimerWheel(start, part);
      int count = random.nextInt(1, 300);
      for (int i = 0; i < count; i++) {
        timers.add(new Timer());
      }
    }

    void run() {
      for (int i = 0; i < STEPS; i++) {
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> armSome();
          case 3 -> cancel(timers.get(random.nextInt(timers.size())));
          case 4 -> advance();
          case 5 -> wheel.advance(start + now - random.nextLong(1, 1L << 40));
          default -> takeSome();
        }
        if (random.nextInt(50) == 0) {
          drain();
        }
        assertThat(wheel.size()).isEqualTo(model.size());
        assertThat(wheel.isEmpty()).isEqualTo(model.isEmpty());
        if (!model.isEmpty()) {
          assertThat(wheel.nearest() - start).isLessThanOrEqualTo(model.firstKey().time());
        }
      }
    }

    private void armSome() {
      int count = random.nextInt(10) == 0 ? timers.size() : 1;
      for (int i = 0; i < count; i++) {
        Timer timer = timers.get(random.nextInt(timers.size()));
        if (!timer.isArmed()) {
          arm(timer, now + delay());
        }
      }
    }

    private void arm(Timer timer, long time) {
      timer.key = new Key(time, orders++);
      model.put(timer.key, timer);
      wheel.arm(timer, start + time);
      assertThat(timer.isArmed()).isTrue();
    }

    private void cancel(Timer timer) {
      assertThat(wheel.cancel(timer)).isEqualTo(model.remove(timer.key, timer));
      assertThat(timer.isArmed()).isFalse();
    }

    private void advance() {
      long step = step();
      if (!model.isEmpty() && random.nextInt(3) == 0) {
        step = Math.max(0, wheel.nearest() - start - now);
      }
      if (now + step < 1L << 60) {
        now += step;
      }
      wheel.advance(start + now);
    }

    private void takeSome() {
      int most = random.nextInt(5) == 0 ? 2 * timers.size() : random.nextInt(10);
      for (int i = 0; i < most; i++) {
        Deadline next = wheel.poll();
        if (next != null) {
          taken((Timer) next);
        } else if (model.isEmpty() || wheel.nearest() - start > now) {
          assertThat(model.headMap(new Key(now, orders))).as("due at %d", now).isEmpty();
          return;
        }
      }
    }

    /** Takes all of them back, and arms them anew in their order. */
    private void drain() {
      List<Deadline> drained = wheel.drain();
      assertThat(drained).isEqualTo(List.copyOf(model.values()));
      assertThat(wheel.isEmpty()).isTrue();
      drained.forEach(timer -> wheel.arm(timer, timer.nanos));
    }

    private void taken(Timer timer) {
      Key key = Objects.requireNonNull(model.pollFirstEntry(), "none is pending").getKey();
      assertThat(timer.key).isEqualTo(key);
      assertThat(key.time()).isLessThanOrEqualTo(now);
      assertThat(timer.isArmed()).isFalse();
      assertThat(timer.deadline()).isEqualTo(start + key.time());
      switch (random.nextInt(6)) {
        case 0 -> arm(timer, key.time() + random.nextInt(1000));
        case 1 -> arm(timer, now + delay());
        default -> {}
      }
    }

    private long delay() {
      return switch (random.nextInt(6)) {
        case 0 -> -random.nextInt(20);
        case 1 -> random.nextInt(30);
        case 2 -> random.nextInt(1, 20) * 1000L;
        case 3 -> (long) random.nextInt(20) << random.nextInt(50);
        case 4 -> random.nextLong() >>> random.nextInt(2, 64);
        default -> -(random.nextLong() >>> random.nextInt(4, 64));
      };
    }

    private long step() {
      return switch (random.nextInt(4)) {
        case 0 -> random.nextInt(10);
        case 1 -> random.nextInt(2000);
        case 2 -> 1L << random.nextInt(40);
        default -> random.nextLong() >>> random.nextInt(6, 64);
      };
    }
  }
}
