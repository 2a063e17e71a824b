package dev.selkie.conformance;

import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.simulation.SimulatedNetwork;
import dev.selkie.simulation.SimulatedSystem;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the contract is run on here. */
public final class Configurations {
  /** The link-local address of each simulated host. */
  static final InetAddress LINK_LOCAL = InetAddress.ofLiteral("fe80::1%1");

  private static final List<Configuration> ALL =
      Stream.concat(
              Stream.of(
                  machine("epoll", "epoll"),
                  polling(machine("poll(2)", "poll")),
                  simulated("simulated epoll", "epoll", SimulatedSystem.LINUX),
                  polling(simulated("simulated poll(2)", "poll", SimulatedSystem.LINUX))),
              Stream.of(
                      SimulatedSystem.MACOS,
                      SimulatedSystem.FREEBSD,
                      SimulatedSystem.OPENBSD,
                      SimulatedSystem.NETBSD,
                      SimulatedSystem.DRAGONFLY)
                  .map(Configurations::simulatedKqueue))
          .toList();

  /** Loops without threads, in virtual time. */
  private static final List<Configuration> SIMULATIONS =
      List.of(
          simulated("simulation, epoll", "epoll", SimulatedSystem.LINUX, true),
          simulated("simulation, kqueue (macOS)", "kqueue", SimulatedSystem.MACOS, true));

  private Configurations() {}

  private static Configuration machine(String name, String backend) {
    return Configuration.machine(name, backend)
        .without(Ability.SET_CLOCK, "the machine's clock is not a test's to set");
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

  private static Configuration simulatedKqueue(SimulatedSystem system) {
    Configuration kqueue =
        simulated("simulated kqueue (" + system.label() + ")", "kqueue", system)
            .without(Ability.EACH_CHANGE, "kqueue tells that a folder has changed: it is listed")
            .without(Ability.EXCLUSIVE, "kqueue tells every queue: exclusive is refused")
            .without(
                Ability.OUTLIVING, "kqueue watches numbers: a close takes what watched it along");
    return system == SimulatedSystem.FREEBSD || system == SimulatedSystem.NETBSD
        ? kqueue.without(Ability.PRIORITY, system.label() + " has no EVFILT_EXCEPT")
        : kqueue;
  }

  private static Configuration simulated(String name, String backend, SimulatedSystem system) {
    return simulated(name, backend, system, areStepping());
  }

  private static Configuration simulated(
      String name, String backend, SimulatedSystem system, boolean stepping) {
    return Configuration.simulated(
        name,
        backend,
        SimulatedKernel.class,
        () -> kernel(system, stepping),
        Configurations::descriptors);
  }

  /**
   * Whether the simulated kernels step, by the property {@code dev.selkie.stepping}: one thread,
   * virtual time, no wait that takes any. A case that needs a second thread is aborted then.
   */
  static boolean areStepping() {
    return Boolean.getBoolean("dev.selkie.stepping");
  }

  /** Threads and real time, as the cases have them, and no freedom: plain and exact. */
  private static SimulatedKernel kernel(SimulatedSystem system, boolean stepping) {
    return SimulatedKernel.builder()
        .system(system)
        .network(stepping ? SimulatedNetwork.stepping() : SimulatedNetwork.threaded())
        .address(LINK_LOCAL)
        .build();
  }

  private static Map<String, String> descriptors(SimulatedKernel kernel) {
    Map<String, String> open = new TreeMap<>();
    kernel.openDescriptors().forEach((number, kind) -> open.put(number.toString(), kind));
    return open;
  }

  /** All configurations that this machine can run; a simulated one of each kind if they step. */
  public static List<Configuration> all() {
    return areStepping() ? ALL.stream().filter(Configurations::steps).toList() : ALL;
  }

  /** The same, and simulations that step the loops of programs. */
  public static List<Configuration> ofLoops() {
    return areStepping() ? all() : Stream.concat(ALL.stream(), SIMULATIONS.stream()).toList();
  }

  /** Of the kqueues those that differ most: by waker, filters, layout and pipes without readers. */
  private static boolean steps(Configuration configuration) {
    return !configuration.isMachine()
        && (!configuration.backend().equals("kqueue")
            || configuration.name().contains("macOS")
            || configuration.name().contains("FreeBSD")
            || configuration.name().contains("NetBSD"));
  }
}
