/**
 * A kernel in Java for programs and tests that use Selkie: virtual time, a virtual network, and
 * every freedom that a real system takes decided by one seed.
 */
@org.jspecify.annotations.NullMarked
module dev.selkie.simulation {
  requires transitive dev.selkie;
  requires static transitive org.jspecify;

  exports dev.selkie.simulation;
}
