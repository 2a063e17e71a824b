package dev.selkie.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes Ctrl-C and SIGTERM end what a command does instead of the process.
 *
 * <p>The JVM answers both signals by running its shutdown hooks and ending with status 128 + the
 * signal's number. This hook stops what is done, waits until it has ended, such as a server whose
 * summary is printed, and ends the process itself with the status that this says.
 */
final class StopOnSignal implements AutoCloseable {
  private static final long END_SECONDS = 5;

  private final Runnable stop;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::shutDown, "stop-on-signal");
  private volatile @Nullable Integer status;

  private StopOnSignal(Runnable stop) {
    this.stop = stop;
  }

  /** Has something stopped at a signal. */
  static StopOnSignal install(Runnable stop) {
    StopOnSignal installed = new StopOnSignal(stop);
    Runtime.getRuntime().addShutdownHook(installed.hook);
    return installed;
  }

  /** Takes note that it has ended as it should, and with what status the process is to. */
  void ended(int with) {
    status = with;
  }

  private void shutDown() {
    stop.run();
    try {
      Integer with = ended.await(END_SECONDS, TimeUnit.SECONDS) ? status : null;
      if (with != null) {
        Runtime.getRuntime().halt(with);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the process ends in any case
    }
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process is going down: the hook is running, and was just told
    }
  }
}
