package dev.selkie.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The BSDs' readiness queue, kqueue(2).
 *
 * <p>Filters, flags and filter flags bear macOS's numbers on every kernel, whatever the system's
 * own are; {@code EV_} flags are the same everywhere. A filter that the system lacks is told by
 * {@link #has}.
 *
 * <p>kevent(2) is two calls here: {@link #change} never waits and takes no events, {@link #await}
 * does both.
 */
public interface Kqueue {
  /** Filter: a read would not wait. */
  int EVFILT_READ = -1;

  /** Filter: a write would not wait. */
  int EVFILT_WRITE = -2;

  /** Filter: a file has changed. */
  int EVFILT_VNODE = -4;

  /** Filter: a process has ended, forked or executed a program. */
  int EVFILT_PROC = -5;

  /** Filter: a signal was sent to the process. */
  int EVFILT_SIGNAL = -6;

  /** Filter: time has passed. */
  int EVFILT_TIMER = -7;

  /** Filter: a change with {@link #NOTE_TRIGGER} was made. */
  int EVFILT_USER = -10;

  /** Filter: urgent data, on macOS, OpenBSD and DragonFly. */
  int EVFILT_EXCEPT = -15;

  /** Change: add, or replace the token and the parameters of what is there, and enable. */
  int EV_ADD = 0x1;

  /** Change: remove. */
  int EV_DELETE = 0x2;

  /** Change: report again. */
  int EV_ENABLE = 0x4;

  /** Change: report no more. */
  int EV_DISABLE = 0x8;

  /** Manner: removed by its first report. */
  int EV_ONESHOT = 0x10;

  /** Manner: a report clears the state, so that arrivals are reported and not states. */
  int EV_CLEAR = 0x20;

  /** Change: answer it with an event that bears {@link #EV_ERROR}, even when it succeeded. */
  int EV_RECEIPT = 0x40;

  /** Manner: disabled by its first report. */
  int EV_DISPATCH = 0x80;

  /** Event: the answer to a change, {@link KeventBatch#error} tells which. */
  int EV_ERROR = 0x4000;

  /** Event: the filter's direction is over. */
  int EV_EOF = 0x8000;

  /** Filter flag of {@link #EVFILT_READ} and {@link #EVFILT_WRITE}: data is the low-water mark. */
  int NOTE_LOWAT = 0x1;

  /** Filter flag of {@link #EVFILT_EXCEPT}: urgent data. */
  int NOTE_OOB = 0x2;

  /** Filter flag of {@link #EVFILT_PROC}: the process has ended. */
  int NOTE_EXIT = 0x8000_0000;

  /** Filter flag of {@link #EVFILT_USER}: report now. */
  int NOTE_TRIGGER = 0x100_0000;

  /**
   * Filter flag of {@link #EVFILT_TIMER}: data is in nanoseconds, and not in milliseconds. Where
   * the system, or some version of it, counts milliseconds only, it is rounded up to them.
   */
  int NOTE_NSECONDS = 0x4;

  /** Filter flag of {@link #EVFILT_VNODE}: the file has lost its last name. */
  int NOTE_DELETE = 0x1;

  /** The file was written, or an entry of the folder came or went. */
  int NOTE_WRITE = 0x2;

  /** The file has become longer. */
  int NOTE_EXTEND = 0x4;

  /** The file's attributes have changed. */
  int NOTE_ATTRIB = 0x8;

  /** The count of the file's names has changed. */
  int NOTE_LINK = 0x10;

  /** The file was renamed. */
  int NOTE_RENAME = 0x20;

  /** The file's access was revoked, or its file system unmounted. */
  int NOTE_REVOKE = 0x40;

  /** A file that was open for writing was closed: FreeBSD alone, elsewhere it is left out. */
  int NOTE_CLOSE_WRITE = 0x200;

  /** Makes a queue, close-on-exec, kqueue1(2) or kqueue(2). */
  default int create() {
    return Result.ENOSYS;
  }

  /** Whether every version of the system has the filter, and it is known to work there. */
  default boolean has(int filter) {
    return false;
  }

  /** Changes for {@link #change} and {@link #await}, which the caller closes. */
  default ChangeBatch newChanges(int capacity) {
    throw new UnsupportedOperationException("this kernel has no kqueue");
  }

  /** Events for {@link #change} and {@link #await}, which the caller closes. */
  default KeventBatch newBatch(int capacity) {
    throw new UnsupportedOperationException("this kernel has no kqueue");
  }

  /**
   * Makes changes, kevent(2) with a zero timeout.
   *
   * <p>Of changes with {@link #EV_RECEIPT} each is answered, so that room for as many answers as
   * changes leaves none for events; where a system forgets an answer (NetBSD, of what was there
   * already) an event may come in its place, without {@link #EV_ERROR}.
   *
   * @param count how many of the changes to make, the first ones
   * @param receipts receives up to {@code count} answers; not smaller than that
   * @return the count of entries in {@code receipts}; with {@link Result#EINTR} the changes were
   *     made
   */
  default int change(int queue, ChangeBatch changes, int count, KeventBatch receipts) {
    return Result.ENOSYS;
  }

  /**
   * Makes changes, and then waits for events, kevent(2). A change that fails is told by an event
   * with {@link #EV_ERROR}, and the wait ends at once.
   *
   * @param changes the changes, or null
   * @param count how many of them, the first ones
   * @param timeoutNanos how long to wait: 0 asks and returns, a negative value waits without end
   * @return the count of events in the batch; with {@link Result#EINTR} the changes were made
   */
  default int await(
      int queue, @Nullable ChangeBatch changes, int count, KeventBatch batch, long timeoutNanos) {
    return Result.ENOSYS;
  }
}
