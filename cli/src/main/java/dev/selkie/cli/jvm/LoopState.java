package dev.selkie.cli.jvm;

import dev.selkie.cli.console.Json;
import java.time.Duration;
import java.time.Instant;
import jdk.jfr.consumer.RecordedEvent;

/** What a loop had counted at a time. */
record LoopState(
    Instant time,
    String name,
    long turns,
    long waits,
    long events,
    long wakes,
    long runnables,
    long timersFired,
    long timersPending,
    long fibers,
    long fibersParked,
    long registrations,
    long received,
    long sent,
    long timed,
    long worked,
    long longest,
    long lag) {

  static LoopState of(RecordedEvent event) {
    return new LoopState(
        event.getStartTime(),
        event.getString("loop"),
        event.getLong("turns"),
        event.getLong("waits"),
        event.getLong("events"),
        event.getLong("wakes"),
        event.getLong("runnables"),
        event.getLong("timersFired"),
        event.getInt("timersPending"),
        event.getInt("fibers"),
        event.getInt("fibersParked"),
        event.getInt("registrations"),
        event.getLong("received"),
        event.getLong("sent"),
        event.getLong("timed"),
        event.getLong("worked"),
        event.getLong("longest"),
        event.getLong("lag"));
  }

  /** What happened since an earlier state. */
  LoopFigures since(LoopState before) {
    double seconds = Math.max(Duration.between(before.time, time).toNanos() / 1e9, 1e-3);
    long passed = timed - before.timed;
    return new LoopFigures(
        name,
        passed <= 0 ? 0 : Math.clamp((double) (worked - before.worked) / passed, 0, 1),
        lag / 1e6,
        longest / 1e6,
        (turns - before.turns) / seconds,
        (waits - before.waits) / seconds,
        (events - before.events) / seconds,
        (wakes - before.wakes) / seconds,
        (runnables - before.runnables) / seconds,
        (timersFired - before.timersFired) / seconds,
        timersPending,
        fibers,
        fibersParked,
        registrations,
        (received - before.received) / seconds,
        (sent - before.sent) / seconds);
  }

  /**
   * What a loop does, by the second where it is not said otherwise.
   *
   * @param load the share of the time in which it works, 0 to 1
   * @param lag milliseconds of the longest turn
   * @param longest milliseconds of the longest callback
   * @param received bytes
   * @param sent bytes
   */
  record LoopFigures(
      String name,
      double load,
      double lag,
      double longest,
      double turns,
      double waits,
      double events,
      double wakes,
      double runnables,
      double timersFired,
      long timersPending,
      long fibers,
      long fibersParked,
      long registrations,
      double received,
      double sent) {

    String json() {
      return Json.object()
          .put("loop", name)
          .put("load", load)
          .put("lag_millis", lag)
          .put("longest_callback_millis", longest)
          .put("turns_per_second", turns)
          .put("waits_per_second", waits)
          .put("events_per_second", events)
          .put("wakes_per_second", wakes)
          .put("runnables_per_second", runnables)
          .put("timers_fired_per_second", timersFired)
          .put("timers_pending", timersPending)
          .put("fibers", fibers)
          .put("fibers_parked", fibersParked)
          .put("registrations", registrations)
          .put("received_bytes_per_second", received)
          .put("sent_bytes_per_second", sent)
          .toString();
    }
  }
}
