package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Signals;
import dev.selkie.source.SignalEvent;
import dev.selkie.source.SignalSource;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Signals to simulated processes: at their time, replayed, and by the numbers of each system. */
final class SignalsTest {
  private static final long MILLI = 1_000_000;

  private static SimulatedKernel host(SimulatedSystem system, List<String> trace) {
    SimulatedNetwork network = SimulatedNetwork.builder().trace(trace::add).build();
    return SimulatedKernel.builder().network(network).system(system).build();
  }

  /** Waits for a signal: what comes, with the virtual time in milliseconds. */
  private static String next(EventQueue<String> queue, SignalSource source) throws IOException {
    SignalEvent event = null;
    while (event == null) {
      queue.await();
      event = source.poll();
    }
    return event.name() + " " + event.count() + " at " + queue.kernel().clock().nanoTime() / MILLI;
  }

  private static List<String> run(SimulatedSystem system, List<String> trace) throws IOException {
    SimulatedKernel host = host(system, trace);
    List<String> told = new ArrayList<>();
    try (EventQueue<String> queue = EventQueue.open(host);
        SignalSource source = SignalSource.of(host, "HUP", "TERM")) {
      queue.register(source, Interest.READABLE, "signals");
      host.signal("TERM", Duration.ofMillis(70));
      host.signal("HUP", Duration.ofMillis(10));
      told.add(next(queue, source));
      host.signal("HUP");
      host.signal("HUP", Duration.ofMillis(20));
      host.network().advance(Duration.ofMillis(40));
      told.add(next(queue, source));
      told.add(next(queue, source));
      assertThat(host.signal("USR1")).as("nobody takes it").isFalse();
    }
    assertThat(host.openDescriptors()).isEmpty();
    assertThat(host.signal("HUP")).isFalse();
    return told;
  }

  @ParameterizedTest
  @EnumSource
  void signalsArriveAtTheirTimesAndTheRunIsReplayed(SimulatedSystem system) throws IOException {
    List<String> trace = new ArrayList<>();
    assertThat(run(system, trace)).containsExactly("HUP 1 at 10", "HUP 2 at 50", "TERM 1 at 70");
    List<String> again = new ArrayList<>();
    run(system, again);
    assertThat(again).isEqualTo(trace);
    assertThat(trace)
        .anyMatch(line -> line.endsWith("sigaction(HUP) = 0"))
        .anyMatch(line -> line.endsWith(" - SIGTERM to localhost"))
        .anyMatch(line -> line.endsWith("localhost SIGHUP is taken"))
        .anyMatch(line -> line.endsWith("localhost SIGUSR1 is taken by nobody"));
  }

  @Test
  void aWaitThatNoSignalCanEndIsADeadlock() throws IOException {
    SimulatedKernel host = SimulatedKernel.stepping();
    try (EventQueue<String> queue = EventQueue.open(host);
        SignalSource source = SignalSource.of(host, "HUP")) {
      queue.register(source, Interest.READABLE, "signals");
      host.signal("TERM", Duration.ofSeconds(1));
      assertThatThrownBy(queue::await).isInstanceOf(SimulatedDeadlockError.class);
    }
  }

  /** The one signal that all have and whose number differs most, and one that a few have. */
  @ParameterizedTest
  @EnumSource
  void numbersAreThoseOfTheSystem(SimulatedSystem system) {
    boolean linux = system == SimulatedSystem.LINUX;
    Signals signals = host(system, new ArrayList<>()).signals();
    assertThat(signals.number("HUP")).isEqualTo(1);
    assertThat(signals.number("KILL")).isEqualTo(9);
    assertThat(signals.number("TERM")).isEqualTo(15);
    assertThat(signals.number("USR1")).isEqualTo(linux ? 10 : 30);
    assertThat(signals.number("CHLD")).isEqualTo(linux ? 17 : 20);
    assertThat(signals.number("WINCH")).isEqualTo(28);
    assertThat(signals.number("INFO")).isEqualTo(linux ? Result.EINVAL : 29);
    assertThat(signals.number("SIGHUP")).isEqualTo(Result.EINVAL);
  }

  /** The JDK knows the numbers of this machine. */
  @Test
  void numbersAreThoseThatTheJdkKnows() throws ReflectiveOperationException {
    Signals signals = Kernel.system().signals();
    Class<?> known = Class.forName("sun.misc.Signal");
    for (String name :
        List.of("HUP", "INT", "KILL", "USR1", "USR2", "CHLD", "WINCH", "URG", "IO", "SYS")) {
      Object signal = known.getConstructor(String.class).newInstance(name);
      assertThat(known.getMethod("getNumber").invoke(signal)).isEqualTo(signals.number(name));
    }
    assertThatThrownBy(() -> known.getConstructor(String.class).newInstance("HANGUP"))
        .isInstanceOf(InvocationTargetException.class);
    assertThat(signals.number("HANGUP")).isEqualTo(Result.EINVAL);
  }

  @Test
  void aSignalThatTheSystemDoesNotHaveIsNotSent() {
    SimulatedKernel host = SimulatedKernel.stepping();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> host.signal("INFO"))
        .withMessageStartingWith("the signal INFO: the system has no signal of that name; HUP, ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> host.signal("SIGHUP", Duration.ZERO))
        .withMessageStartingWith("the signal SIGHUP: the system has no signal of that name; ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> host.signal("HUP", Duration.ofNanos(-1)))
        .withMessage("a signal after PT-0.000000001S");
    assertThat(host.signal("KILL")).as("nobody can take it").isFalse();
  }

  @Test
  void anEndThatWasNoBeginningIsRefused() {
    Signals signals = SimulatedKernel.stepping().signals();
    assertThat(signals.unsubscribe("HUP", () -> {})).isEqualTo(Result.EINVAL);
    assertThat(signals.subscribe("USR2", () -> {})).isEqualTo(Result.EBUSY);
    assertThat(signals.subscribe("KILL", () -> {})).isEqualTo(Result.EINVAL);
  }

  @Test
  void aCountIsOfArrivals() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SignalEvent("HUP", 0))
        .withMessage("0 arrivals of the signal HUP");
  }
}
