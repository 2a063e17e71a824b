import dev.selkie.*;
import dev.selkie.source.*;
import java.time.Duration;
import java.time.Instant;

/**
 * Timers in a queue without an event loop: one that repeats, one that is started again in its own
 * event, and one that waits for a time of day.
 */
void main() throws Exception {
  try (EventQueue<String> queue = EventQueue.open();
      IntervalTimer every = IntervalTimer.every(Duration.ofMillis(40));
      IntervalTimer again = IntervalTimer.after(Duration.ofMillis(10));
      IntervalTimer noon = IntervalTimer.at(Instant.now().plusMillis(500))) {
    queue.register(every, Interest.READABLE, "every");
    queue.register(again, Interest.READABLE, "again");
    queue.register(noon, Interest.READABLE, "noon");
    long periods = 0;
    Duration delay = Duration.ofMillis(10);
    while (true) {
      for (Event<String> event : queue.await()) {
        switch (event.attachment()) {
          case "every" -> {
            Tick tick = every.poll();
            if (tick != null) { // null: nothing to tell, after all
              periods += tick.count(); // more than 1 if this thread was late
            }
          }
          case "again" -> {
            if (again.poll() != null) {
              IO.println("after " + delay.toMillis() + " ms");
              delay = delay.multipliedBy(2);
              again.startAfter(delay);
            }
          }
          default -> {
            Tick tick = noon.poll();
            if (tick != null && tick.clockWasSet()) {
              IO.println("somebody has set the clock; it is waited for all the same");
            } else if (tick != null) {
              IO.println("time is up after " + periods + " periods");
              return;
            }
          }
        }
      }
    }
  }
}
