package dev.selkie.conformance;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * An event as it was when it was handed out, to be kept.
 *
 * @param attachment the event's attachment
 * @param registration its registration
 * @param says its conditions, in the words and the order of {@link #says(Event)}
 */
public record Report<A>(A attachment, Registration<A> registration, String says) {
  /** How long a test listens to a queue that should have nothing to say. */
  private static final Duration QUIET = Duration.ofMillis(10);

  /** What a batch hands out. */
  public static <A> List<Report<A>> of(Events<A> events) {
    List<Report<A>> reports = new ArrayList<>();
    for (Event<A> event : events) {
      reports.add(new Report<>(event.attachment(), event.registration(), says(event)));
    }
    return reports;
  }

  /** What one wait with zero timeout hands out. */
  public static <A> List<Report<A>> poll(EventQueue<A> queue) {
    return of(queue.poll());
  }

  /** What the next wait that hands out something does, or an error after the deadline. */
  public static <A> List<Report<A>> next(EventQueue<A> queue) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < Ready.DEADLINE.toNanos()) {
      List<Report<A>> reports = of(queue.await(Ready.DEADLINE));
      if (!reports.isEmpty()) {
        return reports;
      }
    }
    throw new AssertionError(queue + " reports nothing in " + Ready.DEADLINE);
  }

  /** The one event that the next wait hands out: of which attachment. */
  public static <A> Report<A> only(EventQueue<A> queue) {
    List<Report<A>> reports = next(queue);
    if (reports.size() != 1) {
      throw new AssertionError("one event expected: " + reports);
    }
    return reports.getFirst();
  }

  /** Fails if a queue has anything to say for a while. */
  public static void none(EventQueue<?> queue) {
    List<? extends Report<?>> reports = of(queue.await(QUIET));
    if (!reports.isEmpty()) {
      throw new AssertionError("no event expected: " + reports);
    }
  }

  /** The attachments of reports, in order. */
  public static <A> List<A> attachments(List<Report<A>> reports) {
    return reports.stream().map(Report::attachment).toList();
  }

  /**
   * The conditions of an event: {@code readable writable read-closed write-closed error priority},
   * those that hold.
   */
  public static String says(Event<?> event) {
    StringJoiner text = new StringJoiner(" ");
    name(text, event.isReadable(), "readable");
    name(text, event.isWritable(), "writable");
    name(text, event.isReadClosed(), "read-closed");
    name(text, event.isWriteClosed(), "write-closed");
    name(text, event.isError(), "error");
    name(text, event.isPriority(), "priority");
    return text.toString();
  }

  private static void name(StringJoiner text, boolean holds, String name) {
    if (holds) {
      text.add(name);
    }
  }

  /** Whether a condition is among those that the event says. */
  public boolean is(String condition) {
    return List.of(says.split(" ")).contains(condition);
  }

  @Override
  public String toString() {
    return attachment + ": " + says;
  }
}
