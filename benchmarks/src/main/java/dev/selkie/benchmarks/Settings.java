package dev.selkie.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.Set;

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
 * @param timers how many timers are pending in the timers comparison
 * @param idle how many connections are idle in the idle comparison
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
    int timers,
    int idle,
    List<Peer> peers) {
  private static final Duration GRACE = Duration.ofSeconds(30);

  /** With fewer rounds, if there are more. */
  Settings withRounds(int most) {
    return new Settings(
        Math.min(rounds, most),
        roundMillis,
        warmUpMillis,
        writes,
        connections,
        pipes,
        active,
        timers,
        idle,
        peers);
  }

  /** Those of some peers that are compared. */
  List<Peer> peersOf(Set<Peer> some) {
    return peers.stream().filter(some::contains).toList();
  }

  /** By when an answer to a command that works for so long must have come. */
  static Duration deadline(int millis) {
    return GRACE.plusMillis(millis);
  }
}
