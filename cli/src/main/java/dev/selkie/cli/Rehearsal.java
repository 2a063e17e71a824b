package dev.selkie.cli;

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
  static void hold(Kernel kernel, DelayRun run) {
    int some = Math.clamp(run.requests() / 10, 1, MOST);
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    DelayServer protocol = new DelayServer(false, line -> {});
    try (ServerThread server =
        ServerThread.start(Server.listen(kernel, any, protocol, line -> {}))) {
      DelayRun rehearsal =
          new DelayRun(server.address(), "127.0.0.1", some, Duration.ZERO, run.patience());
      try (DelayClient client = new DelayClient(kernel, rehearsal, new DelayClient.Observer() {})) {
        client.ask();
      }
    } catch (IOException e) {
      // The run itself will meet what is wrong here, or do without a loopback interface.
    }
  }
}
