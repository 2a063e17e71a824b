package dev.selkie.conformance;

import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;

/** The seeds of a random test: fixed ones, fresh ones, or the one to replay. */
public final class Seeds {
  private static final String PROPERTY = "dev.selkie.seed";

  private Seeds() {}

  /** What a random test does with a seed. */
  @FunctionalInterface
  public interface Test {
    /** Runs it. */
    void run(long seed) throws IOException;
  }

  /** Three seeds that are the same at each run and two that are not; or the one asked for. */
  public static LongStream some() {
    return of(3, 2);
  }

  /** Some seeds that are the same at each run and some that are not; or only the one asked for. */
  public static LongStream of(int fixed, int fresh) {
    Long replayed = Long.getLong(PROPERTY);
    return replayed != null
        ? LongStream.of(replayed)
        : LongStream.concat(
            LongStream.rangeClosed(1, fixed),
            ThreadLocalRandom.current().longs(fresh, 1_000, Integer.MAX_VALUE));
  }

  /** Runs a test; its failure says how to replay it. */
  public static void run(long seed, Test test) {
    try {
      test.run(seed);
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError("replay with -D%s=%d: %s".formatted(PROPERTY, seed, e), e);
    }
  }
}
