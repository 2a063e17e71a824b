package dev.selkie.kernel.ffm;

import java.lang.foreign.MemorySegment;

/**
 * kqueue(2) and kevent(2) as a system has them: structs in memory, in that system's layout.
 *
 * <p>Results are those of {@link dev.selkie.kernel.Kernel}: a count, or a negative canonical code.
 */
public interface KeventFunction {
  /** Makes a queue, close-on-exec. */
  int kqueue();

  /**
   * Makes changes and waits.
   *
   * @param changes an array of {@code struct kevent}
   * @param changeCount how many of them to make
   * @param events receives events; may be as long as the count or longer
   * @param eventCount how many at most
   * @param timeout a {@code struct timespec}, or {@link MemorySegment#NULL} to wait without end
   */
  int kevent(
      int queue,
      MemorySegment changes,
      int changeCount,
      MemorySegment events,
      int eventCount,
      MemorySegment timeout);
}
