package dev.selkie.runtime;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A loop that one event, timer, runnable or fiber has held for longer than it should: what {@link
 * EventLoopBuilder#onHeld} is told while it lasts, by the watchdog's thread.
 *
 * @param loop the loop
 * @param time how long it has been held at least, by its kernel's clock
 * @param thread what its thread does, innermost first; if it carries a fiber, what carries that
 * @param fiber the virtual thread that holds it, if it is one
 * @param fiberStack what that does; empty without one
 * @param runnables how many runnables, woken fibers among them, wait: an estimate
 * @param timers how many timers are overdue: an estimate
 */
public record HeldLoop(
    EventLoop loop,
    Duration time,
    List<StackTraceElement> thread,
    Optional<Thread> fiber,
    List<StackTraceElement> fiberStack,
    int runnables,
    int timers) {

  /** Makes the lists unmodifiable. */
  public HeldLoop {
    thread = List.copyOf(thread);
    fiberStack = List.copyOf(fiberStack);
  }

  /** All of it in lines of text. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(loop.name());
    text.append(" has been held for ").append(time.toMillis()).append(" ms");
    fiber.ifPresent(held -> text.append(" by fiber ").append(held.getName()));
    text.append(", and holds up ").append(runnables).append(" runnables and ");
    text.append(timers).append(" timers");
    fiberStack.forEach(frame -> text.append("\n\tat ").append(frame));
    if (fiber.isPresent()) {
      text.append("\ncarried by");
    }
    thread.forEach(frame -> text.append("\n\tat ").append(frame));
    return text.toString();
  }
}
