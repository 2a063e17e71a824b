package dev.selkie.kernel;

/**
 * Timers as descriptors, which are readable once they have expired: timerfd_create(2), or a kqueue
 * of its own with an EVFILT_TIMER. {@link Files#close} ends one.
 *
 * <p>A timer goes by the clock of {@link Clock#nanoTime}, which nobody sets, or by the time of day,
 * as it is armed. It is never early. It may be readable without having expired: a kqueue is looked
 * at in between.
 */
public interface Timers {
  /** Makes a timer that is not armed, non-blocking and close-on-exec. */
  default int create() {
    return Result.ENOSYS;
  }

  /**
   * Arms a timer anew, or disarms it; expirations that were not taken are gone, timerfd_settime(2).
   *
   * @param first when it first expires, in nanoseconds: from now, or since 1970-01-01T00:00Z where
   *     {@code absolute}; a time that is past is now; negative to disarm
   * @param interval nanoseconds between further expirations, 0 for none
   * @param absolute whether {@code first} is a time of day, by which the timer then goes
   * @return 0, or {@link Result#ECANCELED}: the time of day was set, of which nobody has been told
   *     by {@link #expirations}; the timer is armed all the same, by the new time, and will not
   *     tell of it
   */
  default int set(int timer, long first, long interval, boolean absolute) {
    return Result.ENOSYS;
  }

  /**
   * Takes the expirations since the last call, or since the timer was armed.
   *
   * @return how many, {@link Result#EAGAIN} for none, or {@link Result#ECANCELED}: the time of day
   *     was set, and the timer is one that was armed to a time of day. What it had counted is lost,
   *     and it must be set again. Where the system does not tell (kqueue) this is noticed by this
   *     call, for which the timer becomes readable every ten seconds
   */
  default long expirations(int timer) {
    return Result.ENOSYS;
  }

  /**
   * Whether a descriptor is a timer's, 1 or 0, which leaves it as it is; timerfd_gettime(2). A
   * number that is not open is none, or {@link Result#EBADF}.
   */
  default int isTimer(int descriptor) {
    return Result.ENOSYS;
  }
}
