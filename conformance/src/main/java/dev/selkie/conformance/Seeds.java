package dev.selkie.conformance;

import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/** The seeds of a random test: fixed ones, fresh ones, or the one to replay. */
public final class Seeds {
  private static final String PROPERTY = "dev.selkie.seed";

  private Seeds() {}

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
  public static void run(long seed, LongConsumer test) {
    try {
      test.accept(seed);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("replay with -D%s=%d: %s".formatted(PROPERTY, seed, e), e);
    }
  }
}
