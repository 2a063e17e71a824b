/**
 * Tasks from methods written in sequence: a step of the build, after the compiler, makes a state
 * machine of each method that awaits tasks.
 */
@org.jspecify.annotations.NullMarked
module dev.selkie.coroutines {
  requires transitive dev.selkie.runtime;
  requires static org.jspecify;

  exports dev.selkie.coroutines;
}
