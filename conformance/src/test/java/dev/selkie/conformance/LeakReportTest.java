package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.net.UdpSocket;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** What is said of a descriptor that was dropped without a close. */
final class LeakReportTest {
  private static final long DEADLINE_NANOS = 5_000_000_000L;

  private static String run(String... options) throws Exception {
    return ChildJvm.run(":", List.of(options), Leaking.class);
  }

  @Test
  void byDefaultOneLineNamesTheHolder() throws Exception {
    assertThat(run())
        .containsPattern(
            "PipeReader \\(descriptor \\d+\\) was never closed; -Ddev.selkie.leaks=trace")
        .doesNotContain("PipeWriter")
        .doesNotContain("created here")
        .contains("collected");
  }

  @Test
  void aSocketOfDatagramsIsNamedWithItsPeer() throws Exception {
    assertThat(run("-Dleaking=datagrams"))
        .containsPattern("UdpSocket \\(descriptor \\d+ to 127\\.0\\.0\\.1:\\d+\\) was never closed")
        .contains("collected");
  }

  @Test
  void traceTellsThePlaceOfCreation() throws Exception {
    assertThat(run("-Ddev.selkie.leaks=trace"))
        .containsPattern("PipeReader \\(descriptor \\d+\\) was never closed")
        .contains("created here", "LeakReportTest$Leaking.leak")
        .doesNotContain("PipeWriter");
  }

  @Test
  void offSaysNothing() throws Exception {
    assertThat(run("-Ddev.selkie.leaks=off")).doesNotContain("never closed").contains("collected");
  }

  @Test
  void anUnknownModeIsToldAndReports() throws Exception {
    assertThat(run("-Ddev.selkie.leaks=bogus"))
        .contains("dev.selkie.leaks=bogus: it is off, report or trace; report is in force");
  }

  /** Drops the reading end of a pipe and waits until the collector has found it. */
  static final class Leaking {
    private Leaking() {}

    /** Runs. */
    public static void main(String[] arguments) throws Exception {
      CountDownLatch told = new CountDownLatch(1);
      Logger logger = Logger.getLogger("dev.selkie");
      logger.setUseParentHandlers(false);
      logger.addHandler(new Printing(told));
      WeakReference<?> dropped = leak();
      long end = System.nanoTime() + DEADLINE_NANOS;
      while (dropped.get() != null && System.nanoTime() < end) {
        System.gc();
      }
      boolean silent = "off".equals(System.getProperty("dev.selkie.leaks"));
      boolean reported = told.await(silent ? 200 : 5_000, TimeUnit.MILLISECONDS);
      System.out.println(dropped.get() == null ? "collected" : "kept");
      System.out.println(reported ? "reported" : "silent");
    }

    private static WeakReference<?> leak() throws IOException {
      if ("datagrams".equals(System.getProperty("leaking"))) {
        try (UdpSocket peer = UdpSocket.bind(TcpPair.loopback())) {
          return new WeakReference<>(UdpSocket.connect(peer.localAddress()).descriptor());
        }
      }
      PipePair pipe = PipePair.open();
      pipe.writer().write(ByteBuffer.allocate(1));
      pipe.writer().close();
      return new WeakReference<>(pipe.reader().descriptor());
    }
  }

  /** Prints what the library logs. */
  private static final class Printing extends Handler {
    private final CountDownLatch told;

    Printing(CountDownLatch told) {
      this.told = told;
    }

    @Override
    public void publish(LogRecord entry) {
      System.out.println(entry.getLevel() + ": " + entry.getMessage());
      if (entry.getThrown() != null) {
        entry.getThrown().printStackTrace(System.out);
      }
      told.countDown();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
