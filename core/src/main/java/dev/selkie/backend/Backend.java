package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What the event queue asks of a system's readiness queue.
 *
 * <p>Interest and readiness are the bits of {@link Readiness}; results are those of {@link
 * dev.selkie.kernel.Kernel}. The queue serializes changes; {@link #await} and the reading of its
 * batch belong to the one waiting thread; {@link #wake} may come from any thread.
 */
public interface Backend {
  /** The token of an event that {@link #wake} caused. */
  long WAKER = -1;

  /** The backend's name, as the property {@code dev.selkie.backend} takes it. */
  String name();

  /** Why this backend does not take the interest, or null if it does. */
  @Nullable String refusal(int interest, boolean nestedQueue);

  /** Whether a registration with this interest can be changed. */
  default boolean modifiable(int interest) {
    return true;
  }

  /**
   * Adds a descriptor.
   *
   * @return 0, {@link dev.selkie.kernel.Result#EEXIST} if this open file is registered by this
   *     number, {@link dev.selkie.kernel.Result#EPERM} if it is always ready, or another code
   */
  int add(int descriptor, int interest, long token);

  /** Replaces the interest of a descriptor, and arms it anew. */
  int modify(int descriptor, int before, int after, long token);

  /** Removes a descriptor. */
  int remove(int descriptor, int interest);

  /**
   * Asks whether a number still is that of the open file which was registered by it, and changes
   * nothing; may arm it anew.
   *
   * @param interest what it was registered with, not silent
   * @return whether it is, or the system cannot tell
   */
  boolean isRegistered(int descriptor, int interest, long token);

  /**
   * Waits.
   *
   * @param timeoutNanos 0 asks only, a negative value waits without end
   * @return the count of events in the batch, or a negative code; after EINTR the queue waits again
   *     with what is left of the time
   */
  int await(long timeoutNanos);

  /** The token of an event of the batch. */
  long token(int index);

  /** The system's own bits of an event of the batch. */
  int rawFlags(int index);

  /** The readiness that an event of the batch means, for a socket or for another descriptor. */
  int ready(int index, boolean socket);

  /** Ends the wait in progress, or the next one. */
  void wake();

  /** The waiting thread has met an event of the waker. */
  void consumeWake();

  /**
   * Whether a descriptor must be removed before its close in any case, since a change of its number
   * may be on its way.
   */
  default boolean removesBeforeClose() {
    return false;
  }

  /**
   * Whether {@link #add} tells a number that is registered from one that was closed behind the
   * queue's back and stands for another open file now. If not, EEXIST says that it may be either.
   */
  default boolean knowsReuse() {
    return true;
  }

  /**
   * Whether {@link #add} tells of regular files that they are always ready. If not, the queue finds
   * out itself.
   */
  default boolean knowsFiles() {
    return true;
  }

  /** A foreign loop may wait on the queue's descriptor from now on: nothing may be held back. */
  default void exported() {}

  /** Whether the next wait has something to report that the system does not know of. */
  default boolean holdsEvents() {
    return false;
  }

  /** The queue's own descriptor, or null where it has none. */
  @Nullable DescriptorLifetime descriptor();

  /**
   * Replaces the system's queue by an empty one of the same number; the caller adds anew what
   * lives.
   */
  void rebuild() throws IOException;

  /** Frees the descriptors and the batch; no other call comes during or after it. */
  void close();
}
