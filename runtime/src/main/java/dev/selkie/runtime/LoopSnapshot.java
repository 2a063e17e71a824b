package dev.selkie.runtime;

import java.time.Duration;
import java.util.List;

/**
 * What a loop has counted since it was made, and how it is: what {@link EventLoop#snapshot} takes.
 *
 * <p>The loop counts as each turn ends, and is not stopped to be looked at: counts of a turn that
 * is under way are missing, and two figures may be of moments that lie a turn apart. Seen from the
 * loop's own thread, or while it waits, all are exact but those that are called estimates.
 *
 * <p>A loop takes the time of what it does only while somebody wants to know: it begins with the
 * turn after the first snapshot and ends five minutes after the last. So {@link #timed} and {@link
 * #worked} are what two snapshots are compared by, as {@link #load} does.
 *
 * @param name the loop's name
 * @param turns how many turns it has made
 * @param runnables how many runnables it has run; a fiber counts each time that it goes on
 * @param runnablesWaiting how many wait to be run, 100,000 at most: an estimate
 * @param fibers how many fibers have not ended, or of threads if fibers have started more
 * @param fibersParked how many of them wait
 * @param timed for how long the loop has taken the time
 * @param worked for how much of that it did not wait for anything to happen
 * @param longest the longest that one event, timer, runnable or fiber has held it, while it took
 *     the time
 * @param longestRecent the same of the last one to two seconds
 * @param lag the longest turn of the last one to two seconds: for so long what became ready
 *     meanwhile has waited to be seen
 * @param queue its event queue
 * @param timers its timers
 * @param traffic its connections, those that were closed too
 * @param sources what is registered with it
 */
public record LoopSnapshot(
    String name,
    long turns,
    long runnables,
    int runnablesWaiting,
    int fibers,
    int fibersParked,
    Duration timed,
    Duration worked,
    Duration longest,
    Duration longestRecent,
    Duration lag,
    Queue queue,
    Timers timers,
    Traffic traffic,
    List<Source> sources) {

  /** Makes the list unmodifiable. */
  public LoopSnapshot {
    sources = List.copyOf(sources);
  }

  /**
   * The share of time since an earlier snapshot of the same loop in which it worked, from 0 to 1; 0
   * if it took no time meanwhile.
   */
  public double load(LoopSnapshot earlier) {
    long passed = timed.minus(earlier.timed).toNanos();
    long work = worked.minus(earlier.worked).toNanos();
    return passed <= 0 ? 0 : Math.clamp((double) work / passed, 0, 1);
  }

  /**
   * An event queue.
   *
   * @param backend the mechanism of the system, such as epoll
   * @param registrations how many sources are registered
   * @param waits how often the loop asked it what is ready, waiting or not
   * @param events how many events it has told
   * @param wakes how many waits were ended by a wake
   * @param spurious how many waits ended for nothing
   */
  public record Queue(
      String backend, int registrations, long waits, long events, long wakes, long spurious) {}

  /**
   * Timers.
   *
   * @param pending how many are set and not due: an estimate
   * @param overdue how many are due and have not run, 100,000 at most: an estimate
   * @param fired how many have run
   */
  public record Timers(int pending, int overdue, long fired) {}

  /**
   * What was connected to a loop and closed, and the bytes of all of it.
   *
   * @param accepted how many connections listeners have given
   * @param connected how many connections were made
   * @param closed how many sources were closed
   * @param received how many bytes have come in
   * @param sent how many bytes have gone out
   */
  public record Traffic(long accepted, long connected, long closed, long received, long sent) {}

  /**
   * A source that is registered.
   *
   * @param source its descriptor, and its peer
   * @param use what the loop has it for
   * @param received how many bytes have come in, or items if it gives these; 0 of a watch
   * @param sent how many bytes have gone out
   */
  public record Source(String source, Use use, long received, long sent) {
    /** How many bytes have come in. */
    public long bytesReceived() {
      return use.carriesBytes() ? received : 0;
    }
  }

  /** What a loop has a source for. */
  public enum Use {
    /** Bytes each way. */
    CONNECTION,
    /** Bytes that come in. */
    INPUT,
    /** Bytes that go out. */
    OUTPUT,
    /** Datagrams each way. */
    DATAGRAMS,
    /** Connections. */
    LISTENER,
    /** Items of another kind. */
    ITEMS,
    /** A handler is called. */
    WATCH;

    /** Whether what goes through it are bytes that the loop sees. */
    boolean carriesBytes() {
      return switch (this) {
        case CONNECTION, INPUT, OUTPUT, DATAGRAMS -> true;
        case LISTENER, ITEMS, WATCH -> false;
      };
    }
  }
}
