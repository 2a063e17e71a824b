package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A kernel and a backend on it: what the contract is run on, and what it lacks, with the reasons.
 */
public final class Configuration {
  private final String name;
  private final String backend;
  private final Supplier<? extends Kernel> kernels;
  private final Function<Kernel, Map<String, String>> descriptors;
  private final boolean machine;
  private final Map<Ability, String> lacks;

  // guarded by this
  private final List<Kernel> given = new ArrayList<>();
  private final Set<Ability> missed = EnumSet.noneOf(Ability.class);
  private final Set<Ability> leftOut = EnumSet.noneOf(Ability.class);

  private Configuration(
      String name,
      String backend,
      boolean machine,
      Supplier<? extends Kernel> kernels,
      Function<Kernel, Map<String, String>> descriptors,
      Map<Ability, String> lacks) {
    this.name = name;
    this.backend = backend;
    this.machine = machine;
    this.kernels = kernels;
    this.descriptors = descriptors;
    this.lacks = lacks;
  }

  /** A backend, as {@code dev.selkie.backend} names it, on the machine's own kernel. */
  public static Configuration machine(String name, String backend) {
    return new Configuration(name, backend, true, Kernel::system, _ -> Map.of(), Map.of());
  }

  /**
   * A backend on a kernel made for each test.
   *
   * @param kernels makes a kernel
   * @param descriptors the descriptors that are open on such a kernel: number and what each is
   */
  public static <K extends Kernel> Configuration simulated(
      String name,
      String backend,
      Class<K> type,
      Supplier<K> kernels,
      Function<K, Map<String, String>> descriptors) {
    return new Configuration(
        name, backend, false, kernels, k -> descriptors.apply(type.cast(k)), Map.of());
  }

  /** The same, lacking something; the reason stands in the matrix. */
  public Configuration without(Ability ability, String reason) {
    Map<Ability, String> more = new EnumMap<>(Ability.class);
    more.putAll(lacks);
    more.put(ability, reason);
    return new Configuration(name, backend, machine, kernels, descriptors, more);
  }

  /** How test reports call it. */
  public String name() {
    return name;
  }

  /** The queue's backend, as {@code dev.selkie.backend} names it. */
  public String backend() {
    return backend;
  }

  /** Whether the kernel is the machine's own, with its files, signals and processes. */
  public boolean isMachine() {
    return machine;
  }

  /** A kernel for one test: a fresh one where it is simulated, the machine's own otherwise. */
  public Kernel kernel() {
    Kernel kernel = kernels.get();
    synchronized (this) {
      given.add(kernel);
    }
    return kernel;
  }

  /** A queue of this backend on a kernel that {@link #kernel} gave, or a decorator of it. */
  public <A> EventQueue<A> queue(Kernel kernel) throws IOException {
    return EventQueue.<A>builder().kernel(kernel).backend(backend).open();
  }

  /**
   * Whether it has an ability. A case that asks and hears no asserts what happens instead; the
   * matrix names the reason.
   */
  public boolean has(Ability ability) {
    return !lacks(ability, missed);
  }

  /**
   * Whether it has an ability. A case that asks and hears no leaves a part of itself out; the
   * matrix shows that, and why.
   */
  public boolean offers(Ability ability) {
    return !lacks(ability, leftOut);
  }

  private boolean lacks(Ability ability, Set<Ability> noted) {
    if (!lacks.containsKey(ability)) {
      return false;
    }
    synchronized (this) {
      noted.add(ability);
    }
    return true;
  }

  /** Why it lacks an ability. */
  String reason(Ability ability) {
    return Objects.requireNonNull(lacks.get(ability));
  }

  /** What cases have missed since the last call, and what happens instead was asserted. */
  synchronized Set<Ability> takeMissed() {
    return take(missed);
  }

  /** What cases have left out since the last call: they ran in part. */
  synchronized Set<Ability> takeLeftOut() {
    return take(leftOut);
  }

  private static Set<Ability> take(Set<Ability> abilities) {
    Set<Ability> taken = EnumSet.noneOf(Ability.class);
    taken.addAll(abilities);
    abilities.clear();
    return taken;
  }

  /** The kernels that {@link #kernel} has given since the last call. */
  synchronized List<Kernel> takeGiven() {
    List<Kernel> taken = List.copyOf(given);
    given.clear();
    return taken;
  }

  /**
   * The open descriptors of a simulated kernel that {@link #kernel} gave: number and what each is.
   * Those of the machine's are the process's.
   */
  Map<String, String> descriptors(Kernel kernel) {
    return descriptors.apply(kernel);
  }

  /** The call by which the queue waits. */
  public SystemCall waitCall() {
    return switch (backend) {
      case "epoll" -> SystemCall.EPOLL_WAIT;
      case "kqueue" -> SystemCall.KEVENT;
      case "poll" -> SystemCall.POLL;
      default -> throw new AssertionError(backend);
    };
  }

  /**
   * The call by which the queue registers, modifies and cancels; see {@link Ability#CHANGE_CALL}.
   */
  public SystemCall changeCall() {
    return switch (backend) {
      case "epoll" -> SystemCall.EPOLL_CTL;
      case "kqueue" -> SystemCall.KEVENT_CHANGE;
      default -> throw new AssertionError(backend);
    };
  }

  /**
   * Those of some interests that it has; the matrix shows that the case ran in part, and why
   * without the others.
   */
  public List<Interest> offered(List<Interest> interests) {
    return interests.stream()
        .filter(interest -> interest != interest.edge() || offers(Ability.EDGE))
        .toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
