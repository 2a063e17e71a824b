package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A profile named in a property replaces the machine's; here one without epoll_pwait2. */
final class ReplacedProfileTest {
  @TempDir Path folder;

  private String run(String profile) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("own.properties"), profile);
    return ChildJvm.run(":", List.of("-Ddev.selkie.kernel.profile=" + file), Timeouts.class);
  }

  private static String bundled() {
    assumeTrue(Kernel.system().name().equals("Linux"), "the fallback is Linux's");
    String architecture = System.getProperty("os.arch");
    return architecture.equals("amd64") ? "linux-x86_64" : "linux-" + architecture;
  }

  @Test
  void withoutNanosecondWaitsTimeoutsAreRoundedUp() throws Exception {
    String output =
        run("include = " + bundled() + "\nfunction.epoll_pwait2 = no\nsystem = Linux of a test\n");
    assertThat(output).contains("Linux of a test", "nanoseconds: false", "done");
  }

  @Test
  void withoutPpollTimeoutsAreRoundedUpToo() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("own.properties"), "include = " + bundled() + "\nfunction.ppoll = no\n");
    String output =
        ChildJvm.run(
            ":",
            List.of("-Ddev.selkie.kernel.profile=" + file, "-Ddev.selkie.backend=poll"),
            Timeouts.class);
    assertThat(output).contains("by poll", "done");
  }

  @Test
  void aMalformedOrMissingProfileIsToldByName() {
    assertThatThrownBy(() -> run("include = no-such-system\n"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("no-such-system");
    assertThatThrownBy(() ->
            ChildJvm.run(":", List.of("-Ddev.selkie.kernel.profile=/no/such/file"), Timeouts.class))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("/no/such/file");
  }

  /** Waits for times of all sizes; none may end early. */
  static final class Timeouts {
    private Timeouts() {}

    /** Runs. */
    public static void main(String[] arguments) throws IOException {
      Kernel kernel = Kernel.system();
      System.out.println(kernel.name());
      System.out.println("nanoseconds: " + kernel.facilities().contains(Facility.EPOLL_PWAIT2));
      try (EventQueue<String> queue = EventQueue.open();
          PipePair pipe = PipePair.open()) {
        System.out.println("by " + queue.backend());
        for (long nanos : new long[] {1, 50_000, 999_999, 1_000_001, 3_700_000, 20_000_000}) {
          long start = kernel.clock().nanoTime();
          if (!queue.awaitNanos(nanos).isEmpty()) {
            throw new AssertionError("an event of nothing");
          }
          long waited = kernel.clock().nanoTime() - start;
          if (waited < nanos) {
            throw new AssertionError("waited " + waited + " ns of " + nanos);
          }
        }
        queue.register(pipe.reader(), Interest.READABLE, "reader");
        pipe.writer().write(ByteBuffer.allocate(1));
        if (queue.await().size() != 1 || queue.awaitNanos(Long.MAX_VALUE).size() != 1) {
          throw new AssertionError("the event is missing");
        }
      }
      System.out.println("done");
    }
  }
}
