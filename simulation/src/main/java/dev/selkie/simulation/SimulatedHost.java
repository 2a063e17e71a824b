package dev.selkie.simulation;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.EventLoopBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A host of a {@link Simulation}, on which programs run: a simulated kernel and event loops on it.
 *
 * <p><b>Concurrency.</b> For the simulation's one thread.
 */
public final class SimulatedHost {
  private final Simulation simulation;
  private final SimulatedKernel kernel;
  private final InetAddress address;
  private int made;
  private @Nullable EventLoop first;
  private @Nullable EventLoop offloading;

  SimulatedHost(Simulation simulation, SimulatedKernel kernel, InetAddress address) {
    this.simulation = simulation;
    this.kernel = kernel;
    this.address = address;
  }

  /** The host's name, by which other hosts resolve its address. */
  public String name() {
    return kernel.hostName();
  }

  /** The kernel: {@code Kernel.current()} on the host's loops and in their fibers. */
  public SimulatedKernel kernel() {
    return kernel;
  }

  /** The address at which other hosts reach it. */
  public InetAddress address() {
    return address;
  }

  /** A port at the host's address. */
  public InetSocketAddress address(int port) {
    return new InetSocketAddress(address, port);
  }

  List<InetAddress> addresses() {
    return kernel.network().internet().addressesOf(kernel);
  }

  /**
   * The host's loop, which the first call opens.
   *
   * @throws UnsupportedOperationException if the JVM does not allow to mount fibers; the message
   *     says which option it wants
   */
  public EventLoop loop() throws IOException {
    if (first == null) {
      first = newLoop(_ -> {});
    }
    return first;
  }

  /**
   * Opens a further loop, with settings.
   *
   * <p>It has no thread: the simulation runs it. Its fibers are mounted, what is offloaded runs in
   * fibers of another loop of the host, and what nobody catches fails the simulation, unless the
   * settings have a handler for it.
   *
   * @throws UnsupportedOperationException if the JVM does not allow to mount fibers; the message
   *     says which option it wants
   */
  public EventLoop newLoop(Consumer<? super EventLoopBuilder> settings) throws IOException {
    String name = made++ == 0 ? name() : name() + "-" + made;
    Executor offloaded =
        work -> {
          var _ = offloading().fiber(Executors.callable(work));
        };
    return open(
        name,
        builder -> {
          builder.offloadTo(offloaded);
          settings.accept(builder);
        });
  }

  private EventLoop open(String name, Consumer<? super EventLoopBuilder> settings)
      throws IOException {
    EventLoopBuilder builder =
        EventLoop.builder()
            .name(name)
            .uncaughtExceptionHandler((_, thrown) -> simulation.turns().fault(thrown));
    settings.accept(builder);
    EventLoop loop =
        builder.kernel(kernel).mountFibers(true).confinedTo(simulation.thread()).open();
    simulation.turns().add(loop);
    return loop;
  }

  /** The loop whose fibers stand for the threads of blocking work. */
  private EventLoop offloading() {
    if (offloading == null) {
      try {
        offloading = open(name() + "-offload", _ -> {});
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return offloading;
  }

  @Override
  public String toString() {
    return name() + " (" + address.getHostAddress() + ")";
  }
}
