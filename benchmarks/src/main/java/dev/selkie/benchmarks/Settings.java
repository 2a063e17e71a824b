package dev.selkie.benchmarks;

import java.time.Duration;
import java.util.List;

/**
 * What a run is to do.
 *
 * @param rounds how many rounds are counted
 * @param roundMillis how long a round is, where time limits it
 * @param warmUpMillis how long a peer works before the first counted round
 * @param writes how many writes a round of the pipes benchmark makes
 * @param connections the sizes of the echo comparison
 * @param pipes the sizes of the pipes comparison
 * @param active how many of the pipes are active at a time
 * @param peers what is compared
 */
record Settings(
    int rounds,
    int roundMillis,
    int warmUpMillis,
    int writes,
    List<Integer> connections,
    List<Integer> pipes,
    List<Integer> active,
    List<Peer> peers) {
  private static final Duration GRACE = Duration.ofSeconds(30);

  /** By when an answer to a command that works for so long must have come. */
  static Duration deadline(int millis) {
    return GRACE.plusMillis(millis);
  }
}
