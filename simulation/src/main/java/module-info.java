/**
 * A kernel in Java for programs and tests that use Selkie: virtual time, a virtual network, and
 * every freedom that a real system takes decided by one seed.
 *
 * <p>{@link dev.selkie.simulation.Simulation} runs whole programs of event loops; it alone needs
 * the module {@code dev.selkie.runtime}, which is optional here.
 */
@org.jspecify.annotations.NullMarked
module dev.selkie.simulation {
  requires transitive dev.selkie;
  requires static transitive dev.selkie.runtime;
  requires static org.jspecify;

  exports dev.selkie.simulation;
}
