package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.Signals;
import dev.selkie.kernel.ffm.SignalTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@link Signals} of a host, which is one process in a JVM: it can take what such a process can.
 * Listeners run on the thread that sends, or that delivers.
 */
final class SimulatedSignals implements Signals {
  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private final SignalTable table;
  private final Map<String, List<Runnable>> listeners = new HashMap<>();

  SimulatedSignals(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
    this.table = SignalTable.of(kernel.system().isLinux());
  }

  @Override
  public int number(String name) {
    return table.number(name);
  }

  @Override
  public int subscribe(String name, Runnable listener) {
    network.enter();
    try {
      int result = table.check(name);
      if (result == 0) {
        listeners.computeIfAbsent(name, _ -> new ArrayList<>()).add(listener);
      }
      return kernel.traced("sigaction", name, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int unsubscribe(String name, Runnable listener) {
    network.enter();
    try {
      List<Runnable> told = listeners.getOrDefault(name, List.of());
      int result = told.contains(listener) ? 0 : Result.EINVAL;
      if (result == 0) {
        told.remove(listener);
      }
      return kernel.traced("sigaction", name, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public @Nullable String refusal(String name, int result) {
    return table.refusal(name);
  }

  /** Sends a signal; whether somebody took it. */
  boolean send(String name) {
    requireName(name);
    network.enter();
    try {
      boolean taken = arrive(name);
      if (network.isTraced()) {
        network.trace(
            kernel.hostName(), "SIG" + name + (taken ? " is taken" : " is taken by nobody"));
      }
      return taken;
    } finally {
      network.exit();
    }
  }

  /** Sends a signal that arrives later. */
  void send(String name, Duration delay) {
    requireName(name);
    network.enter();
    try {
      network.plan(new Arrival(name), delay.toNanos());
    } finally {
      network.exit();
    }
  }

  private void requireName(String name) {
    if (table.number(name) < 0) {
      throw new IllegalArgumentException("the signal " + name + ": " + table.refusal(name));
    }
  }

  private boolean arrive(String name) {
    List<Runnable> told = List.copyOf(listeners.getOrDefault(name, List.of()));
    if (told.isEmpty()) {
      return false;
    }
    network.signal(kernel);
    told.forEach(Runnable::run);
    return true;
  }

  private final class Arrival extends Delivery {
    private final String name;

    Arrival(String name) {
      this.name = name;
    }

    @Override
    void deliver() {
      arrive(name);
    }

    @Override
    String describe() {
      return "SIG" + name + " to " + kernel.hostName();
    }
  }
}
