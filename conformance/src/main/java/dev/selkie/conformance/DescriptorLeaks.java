package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.opentest4j.TestAbortedException;

/**
 * Fails a test that leaves a descriptor open.
 *
 * <p>On the machine's kernel these are sockets, pipes, FIFOs, terminals and what has no file
 * (eventfds, epoll instances, pidfds) in {@code /proc/self/fd}, before and after, where there is
 * one; the JVM's own files and libraries may come and go. On a simulated kernel that the test's
 * {@link Configuration} gave it is every descriptor.
 */
public final class DescriptorLeaks implements BeforeEachCallback, AfterEachCallback {
  private static final Path TABLE = Path.of("/proc/self/fd");

  /** The kind of file in a mode, and one of them, stat(2) of Linux. */
  private static final int TYPE = 0xf000;

  private static final int FIFO = 0x1000;
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(DescriptorLeaks.class);

  /** Made by JUnit. */
  public DescriptorLeaks() {}

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    context.getStore(NAMESPACE).put("before", open());
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    if (context
        .getExecutionException()
        .filter(TestAbortedException.class::isInstance)
        .isPresent()) {
      return; // it was broken off in the middle
    }
    Map<?, ?> before = Objects.requireNonNull(context.getStore(NAMESPACE).get("before", Map.class));
    Map<String, String> left = open();
    left.entrySet().removeIf(entry -> entry.getValue().equals(before.get(entry.getKey())));
    if (!left.isEmpty()) {
      throw new AssertionError("descriptors left open: " + left);
    }
    CaseRecorder.configuration(context).ifPresent(DescriptorLeaks::checkSimulated);
  }

  private static void checkSimulated(Configuration configuration) {
    for (Kernel kernel : configuration.takeGiven()) {
      Map<String, String> simulated = configuration.descriptors(kernel);
      if (!simulated.isEmpty()) {
        throw new AssertionError("descriptors left open in " + configuration + ": " + simulated);
      }
    }
  }

  /**
   * The process's descriptors whose leak would be ours: number and what it is, {@code
   * socket:[123]}.
   */
  public static Map<String, String> open() throws IOException {
    Map<String, String> table = new TreeMap<>();
    if (!Files.isDirectory(TABLE)) {
      return table;
    }
    try (Stream<Path> entries = Files.list(TABLE)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        String target = target(entry);
        if (target.startsWith("socket:")
            || target.startsWith("pipe:")
            || target.startsWith("anon_inode:")
            || target.startsWith("/dev/pt")
            || isFifo(entry)) {
          table.put(entry.getFileName().toString(), target);
        }
      }
    }
    return table;
  }

  private static boolean isFifo(Path entry) {
    try {
      int mode = (int) Files.getAttribute(entry, "unix:mode");
      return (mode & TYPE) == FIFO;
    } catch (IOException e) {
      return false; // closed since the folder was read
    }
  }

  private static String target(Path entry) {
    try {
      return Files.readSymbolicLink(entry).toString();
    } catch (IOException e) {
      return ""; // closed since the folder was read
    }
  }
}
