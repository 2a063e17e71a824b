package dev.selkie.kernel;

import org.jspecify.annotations.Nullable;

/**
 * Signals that are sent to the process, signal(7). Names are without {@code SIG}, as kill(1) takes
 * them: {@code HUP}, {@code USR1}.
 */
public interface Signals {
  /** The signal's number on this system, or {@link Result#EINVAL} if it has none of that name. */
  default int number(String name) {
    return Result.ENOSYS;
  }

  /**
   * Has a listener told of each arrival of a signal, instead of the action that the process takes
   * else; several listeners are told each.
   *
   * @param listener runs on a thread of the kernel's choice and must neither block nor throw; the
   *     same object ends the subscription. Arrivals in quick succession may be one, as the system
   *     has it for signals that are pending
   * @return 0; EINVAL if there is no such signal or nobody can take it, EBUSY if the process needs
   *     it for itself, EPERM if the way in which the process was started forbids it
   */
  default int subscribe(String name, Runnable listener) {
    return Result.ENOSYS;
  }

  /**
   * Ends a subscription, and waits until the listener has ended, which must not call this. With a
   * signal's last one the action is again what it was before the first, unless somebody else has
   * set another meanwhile.
   *
   * @return 0, or EINVAL if there is no such subscription
   */
  default int unsubscribe(String name, Runnable listener) {
    return Result.ENOSYS;
  }

  /**
   * Why {@link #subscribe} gave a result, in words for whoever asked; null if the number says all.
   */
  default @Nullable String refusal(String name, int result) {
    return null;
  }
}
