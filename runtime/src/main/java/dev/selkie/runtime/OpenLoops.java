package dev.selkie.runtime;

import dev.selkie.runtime.jfr.ConnectionStateEvent;
import dev.selkie.runtime.jfr.DumpEvent;
import dev.selkie.runtime.jfr.LoopStateEvent;
import dev.selkie.runtime.jfr.Recorder;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The loops of this JVM that have not ended, for the flight recorder to look at from time to time.
 */
final class OpenLoops {
  /**
   * Connections of a loop of which is told at a time: more are of no use, and make records long.
   */
  private static final int CONNECTIONS = 50;

  private static final List<WeakReference<EventLoop>> LOOPS = new CopyOnWriteArrayList<>();

  /** The bytes of each connection when it was looked at last; of who looks. */
  private static IdentityHashMap<Target, Long> known = new IdentityHashMap<>();

  static {
    Recorder.listen(OpenLoops::recordLoops, OpenLoops::recordConnections, OpenLoops::recordDumps);
  }

  private OpenLoops() {}

  static void add(EventLoop loop) {
    LOOPS.add(new WeakReference<>(loop));
  }

  /** Takes a loop off, and those that nobody knows any more. */
  static void remove(EventLoop loop) {
    LOOPS.removeIf(held -> held.refersTo(loop) || held.refersTo(null));
  }

  /** The loops by their names, to which a number is added where two have the same. */
  private static Map<String, EventLoop> loops() {
    Map<String, EventLoop> loops = new LinkedHashMap<>();
    for (WeakReference<EventLoop> held : LOOPS) {
      EventLoop loop = held.get();
      if (loop != null) {
        String name = loop.name();
        for (int number = 2; loops.containsKey(name); number++) {
          name = loop.name() + " (" + number + ")";
        }
        loops.put(name, loop);
      }
    }
    return loops;
  }

  private static void recordLoops() {
    loops()
        .forEach((name, loop) -> {
          LoopSnapshot seen = loop.snapshot();
          LoopStateEvent event = new LoopStateEvent(name);
          event.turns = seen.turns();
          event.waits = seen.queue().waits();
          event.events = seen.queue().events();
          event.wakes = seen.queue().wakes();
          event.spurious = seen.queue().spurious();
          event.registrations = seen.queue().registrations();
          event.runnables = seen.runnables();
          event.runnablesWaiting = seen.runnablesWaiting();
          event.timersFired = seen.timers().fired();
          event.timersPending = seen.timers().pending();
          event.fibers = seen.fibers();
          event.fibersParked = seen.fibersParked();
          event.accepted = seen.traffic().accepted();
          event.connected = seen.traffic().connected();
          event.closed = seen.traffic().closed();
          event.received = seen.traffic().received();
          event.sent = seen.traffic().sent();
          event.timed = seen.timed().toNanos();
          event.worked = seen.worked().toNanos();
          event.longest = seen.longestRecent().toNanos();
          event.lag = seen.lag().toNanos();
          event.commit();
        });
  }

  private static synchronized void recordConnections() {
    IdentityHashMap<Target, Long> bytes = new IdentityHashMap<>();
    loops()
        .forEach((name, loop) -> {
          List<ConnectionStateEvent> events = new ArrayList<>();
          for (var registration : loop.engine().queue().registrations()) {
            LoopSnapshot.Source seen = registration.attachment().state();
            if (seen.use().carriesBytes()) {
              long all = seen.received() + seen.sent();
              long before = known.getOrDefault(registration.attachment(), 0L);
              bytes.put(registration.attachment(), all);
              events.add(
                  new ConnectionStateEvent(
                      name, seen.source(), seen.received(), seen.sent(), all - before));
            }
          }
          events.stream()
              .sorted(
                  Comparator.comparingLong((ConnectionStateEvent event) -> -event.recent)
                      .thenComparingLong(event -> -event.received - event.sent))
              .limit(CONNECTIONS)
              .forEach(ConnectionStateEvent::commit);
        });
    known = bytes;
  }

  private static void recordDumps() {
    Map<String, EventLoop> loops = loops();
    Iterator<String> names = loops.keySet().iterator();
    Dump.of(List.copyOf(loops.values()), text -> DumpEvent.record(names.next(), text));
  }
}
