package dev.selkie.conformance;

import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.simulation.SimulatedNetwork;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the contract is run on here. */
public final class Configurations {
  /** The link-local address of each simulated host. */
  static final InetAddress LINK_LOCAL = InetAddress.ofLiteral("fe80::1%1");

  private static final List<Configuration> ALL =
      List.of(
          Configuration.machine("epoll", "epoll"),
          polling(Configuration.machine("poll(2)", "poll")),
          simulated("simulated epoll", "epoll"),
          polling(simulated("simulated poll(2)", "poll")));

  private Configurations() {}

  private static Configuration simulated(String name, String backend) {
    return Configuration.simulated(
        name,
        backend,
        SimulatedKernel.class,
        Configurations::simulatedLinux,
        Configurations::descriptors);
  }

  private static Configuration polling(Configuration configuration) {
    return configuration
        .without(Ability.EDGE, "poll(2) reports states, no arrivals: edge is refused")
        .without(Ability.EXCLUSIVE, "poll(2) wakes all who wait: exclusive is refused")
        .without(Ability.EXPORT, "poll(2) keeps nothing: the queue has no descriptor")
        .without(
            Ability.OUTLIVING, "poll(2) is handed numbers: a closed one leaves with its number")
        .without(Ability.CHANGE_CALL, "poll(2) is told of a change by the next wait: no call");
  }

  /** Threads and real time, as the cases have them, and no freedom: plain and exact. */
  private static SimulatedKernel simulatedLinux() {
    return SimulatedKernel.builder()
        .network(SimulatedNetwork.threaded())
        .address(LINK_LOCAL)
        .build();
  }

  private static Map<String, String> descriptors(SimulatedKernel kernel) {
    Map<String, String> open = new TreeMap<>();
    kernel.openDescriptors().forEach((number, kind) -> open.put(number.toString(), kind));
    return open;
  }

  /** All configurations that this machine can run. */
  public static List<Configuration> all() {
    return ALL;
  }
}
