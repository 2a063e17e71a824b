/**
 * The operating system's readiness-based event queue, its kernel interface and the sources that can
 * be ready.
 *
 * <p>Native access is needed by this module alone: start the program with {@code
 * --enable-native-access=dev.selkie} on the module path, or {@code
 * --enable-native-access=ALL-UNNAMED} on the class path.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // core is compiled before the module of the qualified export
module dev.selkie {
  requires static jdk.unsupported; // signals, which are refused without it
  requires static org.jspecify;

  exports dev.selkie;
  exports dev.selkie.kernel;
  exports dev.selkie.net;
  exports dev.selkie.source;
  exports dev.selkie.backend to
      dev.selkie.simulation;
  exports dev.selkie.kernel.ffm to
      dev.selkie.simulation;
  exports dev.selkie.kernel.kqueue to
      dev.selkie.simulation;
}
