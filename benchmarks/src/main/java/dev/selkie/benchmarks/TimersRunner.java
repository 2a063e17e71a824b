package dev.selkie.benchmarks;

/**
 * One peer of the timers comparison, as a process: {@code TimersRunner PEER}.
 *
 * <p>{@code arm COUNT}: with {@value #PENDING} others pending, arms and cancels a timer so often.
 * {@code fire COUNT DEADLINES}: arms so many timers over so many milliseconds and lets all of them
 * expire. Both answer with the CPU time of the process: of all its threads, the collector's too.
 */
final class TimersRunner {
  /** Others that are pending while timers are armed and cancelled. */
  static final int PENDING = 10_000;

  private TimersRunner() {}

  /** What has timers. */
  interface Timers {
    /** Has so many pending, which do not expire in an hour. */
    void prepare(int pending) throws Exception;

    /** Arms and cancels, so often, what would not expire in an hour. */
    void armAndCancel(int count) throws Exception;

    /** Arms so many over so many milliseconds, and returns when all have expired. */
    void fire(int count, int deadlines) throws Exception;
  }

  /** Random delays, the same for all; the twin in C has them too. */
  static final class Delays {
    private int random = 1;

    /** From 1 to a number of milliseconds. */
    int millis(int most) {
      random = random * 1_664_525 + 1_013_904_223;
      return 1 + (random >>> 8) % most;
    }

    /** More than an hour. */
    int farMillis() {
      return 3_600_000 + millis(100_000);
    }
  }

  public static void main(String[] args) {
    try {
      Timers timers = open(Peer.ofWord(args[0]));
      boolean prepared = false;
      ChildMain.answer("ready");
      while (true) {
        String[] command = ChildMain.nextCommand();
        int count = Integer.parseInt(command[1]);
        boolean arm = command[0].equals("arm");
        if (arm && !prepared) {
          timers.prepare(PENDING);
          prepared = true;
        }
        long start = CpuClock.nanos();
        if (arm) {
          timers.armAndCancel(count);
        } else {
          timers.fire(count, Integer.parseInt(command[2]));
        }
        ChildMain.answer("cpu=%d", CpuClock.nanos() - start);
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private static Timers open(Peer peer) throws Exception {
    return switch (peer) {
      case SELKIE -> new LoopTimers();
      case FUTURES -> new ExecutorTimers(LoopTimers.loop());
      case JDK -> new ExecutorTimers(ExecutorTimers.ofJdk());
      case NETTY_EPOLL -> new ExecutorTimers(NettyEcho.loop(true));
      case NETTY_WHEEL -> new WheelTimers();
      default -> throw new IllegalArgumentException(peer + " has no timers");
    };
  }
}
