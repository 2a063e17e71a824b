package dev.selkie.descriptor;

import java.lang.ref.Cleaner;
import java.net.SocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The warning that an owner of a descriptor was dropped without a close.
 *
 * <p>The property {@code dev.selkie.leaks} is {@code report} (the default: one warning that names
 * the holder and the number), {@code trace} (the warning carries the stack of the place of
 * creation) or {@code off}. The descriptor stays open: a number closed by a collector's timing
 * would hide the bug.
 */
final class LeakReport implements Runnable {
  private static final Mode MODE = Mode.of(System.getProperty("dev.selkie.leaks", "report"));

  private final String holder;
  private final int number;
  private final @Nullable Throwable creation;
  private Cleaner.@Nullable Cleanable cleanable;
  private volatile boolean dismissed;
  private volatile @Nullable SocketAddress peer;

  private enum Mode {
    OFF,
    REPORT,
    TRACE;

    static Mode of(String text) {
      try {
        return valueOf(text.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        // To throw here would leave the first descriptor without an owner.
        System.getLogger("dev.selkie")
            .log(
                System.Logger.Level.ERROR,
                "dev.selkie.leaks=" + text + ": it is off, report or trace; report is in force");
        return REPORT;
      }
    }
  }

  /** One daemon thread for all, started by the first descriptor. */
  private static final class Watch {
    static final Cleaner CLEANER =
        Cleaner.create(task -> {
          Thread thread = new Thread(task, "selkie-leaks");
          thread.setDaemon(true);
          return thread;
        });
  }

  private LeakReport(String holder, int number) {
    this.holder = holder;
    this.number = number;
    this.creation = MODE == Mode.TRACE ? new Throwable("created here") : null;
  }

  /** The report of an owner; it is watched for if it owns the descriptor and reports are on. */
  static LeakReport of(Object owner, String holder, int number, boolean owned) {
    LeakReport report = new LeakReport(holder, number);
    if (owned && MODE != Mode.OFF) {
      report.cleanable = Watch.CLEANER.register(owner, report);
    }
    return report;
  }

  /** The name of the owner's type. */
  String holder() {
    return holder;
  }

  void setPeer(@Nullable SocketAddress peer) {
    this.peer = peer;
  }

  /** Whom the descriptor is connected to, if that was said. */
  @Nullable SocketAddress peer() {
    return peer;
  }

  /** The owner was closed. */
  void dismiss() {
    dismissed = true;
    if (cleanable != null) {
      cleanable.clean();
    }
  }

  /** Called by the cleaner once the owner is unreachable. */
  @Override
  public void run() {
    if (dismissed) {
      return;
    }
    SocketAddress last = peer;
    String to = last == null ? "" : " to " + AddressText.of(last);
    String message = holder + " (descriptor " + number + to + ") was never closed";
    System.Logger logger = System.getLogger("dev.selkie");
    if (creation == null) {
      logger.log(
          System.Logger.Level.WARNING,
          message + "; -Ddev.selkie.leaks=trace tells where it was made");
    } else {
      logger.log(System.Logger.Level.WARNING, message, creation);
    }
  }
}
