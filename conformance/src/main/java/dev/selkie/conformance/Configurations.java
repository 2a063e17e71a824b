package dev.selkie.conformance;

import java.util.List;

/** What the contract is run on here. */
public final class Configurations {
  private static final List<Configuration> ALL =
      List.of(Configuration.machine("epoll", "epoll"), poll());

  private Configurations() {}

  private static Configuration poll() {
    return Configuration.machine("poll(2)", "poll")
        .without(Ability.EDGE, "poll(2) reports states, no arrivals: edge is refused")
        .without(Ability.EXCLUSIVE, "poll(2) wakes all who wait: exclusive is refused")
        .without(Ability.EXPORT, "poll(2) keeps nothing: the queue has no descriptor")
        .without(
            Ability.OUTLIVING, "poll(2) is handed numbers: a closed one leaves with its number")
        .without(Ability.CHANGE_CALL, "poll(2) is told of a change by the next wait: no call");
  }

  /** All configurations that this machine can run. */
  public static List<Configuration> all() {
    return ALL;
  }
}
