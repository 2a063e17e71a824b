package dev.selkie.cli;

import dev.selkie.cli.program.Asking;
import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.DelayRun;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Some requests to a server of its own, without delay and without showing it, before a run: the
 * first use of code costs the JVM tenths of a second, which would show as lateness.
 */
final class Rehearsal {
  private static final int MOST = 500;

  private Rehearsal() {}

  /** Rehearses a run with a tenth of its requests. */
  static void hold(Kernel kernel, DelayRun run, Style style) throws InterruptedException {
    int some = Math.clamp(run.requests() / 10, 1, MOST);
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    ServerCounts counts = new ServerCounts(new CountedKernel(kernel));
    DelayProtocol protocol = new DelayProtocol(counts, false, line -> {});
    try (ServerThread server =
        ServerThread.start(style.delay(counts, any, 1, line -> {}, protocol))) {
      DelayRun rehearsal =
          new DelayRun(server.address(), "127.0.0.1", some, Duration.ZERO, run.patience());
      style.ask(new Asking(new CountedKernel(kernel), rehearsal, new Asking.Observer() {}), 1);
    } catch (IOException e) {
      // The run itself will meet what is wrong here, or do without a loopback interface.
    }
  }
}
