/**
 * Event loops on the event queue, and the ways to write a program for them: callbacks, futures,
 * tasks and fibers.
 *
 * <p>Fibers are mounted on their loop's own thread if the JVM was started with {@code --add-opens
 * java.base/java.lang=dev.selkie.runtime} (module path) or {@code --add-opens
 * java.base/java.lang=ALL-UNNAMED} (class path), and run on the JDK's scheduler otherwise.
 */
@org.jspecify.annotations.NullMarked
module dev.selkie.runtime {
  requires transitive dev.selkie;
  requires jdk.jfr;
  requires static org.jspecify;

  exports dev.selkie.runtime;
  exports dev.selkie.runtime.flow;
  exports dev.selkie.runtime.task;
  exports dev.selkie.runtime.tls;
}
