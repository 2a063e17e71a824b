package dev.selkie.runtime;

import dev.selkie.Registration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Something that waits for a loop, as {@link EventLoop#waits} finds it.
 *
 * @param thread the thread that waits, or null if none does: a future, or a handler
 * @param what what it waits for, in words
 */
public record Wait(@Nullable Thread thread, String what) {
  static List<Wait> of(List<Registration<Target>> registrations, List<Thread> fibers) {
    List<Wait> sources = new ArrayList<>();
    registrations.forEach(registration -> registration.attachment().tell(sources::add));
    Set<Thread> told = new HashSet<>();
    for (Wait wait : sources) {
      if (wait.thread != null) {
        told.add(wait.thread);
      }
    }
    List<Wait> found = new ArrayList<>();
    for (Thread fiber : fibers) {
      if (!told.contains(fiber)) {
        Object blocker = LockSupport.getBlocker(fiber);
        found.add(new Wait(fiber, blocker == null ? "for nothing known" : "for " + blocker));
      }
    }
    found.addAll(sources);
    return found;
  }

  /** The thread by its name and state, what it waits for, and where in the program. */
  @Override
  public String toString() {
    if (thread == null) {
      return what;
    }
    StringBuilder text = new StringBuilder(thread.getName());
    text.append(" (").append(thread.getState()).append(") ").append(what);
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (!isOurs(frame.getClassName())) {
        return text.append(" at ").append(frame).toString();
      }
    }
    return text.toString();
  }

  private static boolean isOurs(String type) {
    return type.startsWith("java.")
        || type.startsWith("jdk.")
        || type.startsWith("sun.")
        || type.startsWith("dev.selkie.runtime.");
  }
}
