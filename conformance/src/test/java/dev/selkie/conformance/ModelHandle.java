package dev.selkie.conformance;

import dev.selkie.ByteInput;
import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Registration;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A descriptor in a model, with its registration and what the queue owes to that. */
final class ModelHandle {
  /** What is registered: the handle, and which change of it the event must show. */
  record Tag(ModelHandle handle, int version) {}

  private static final int READABLE = 1;
  private static final int WRITABLE = 2;
  private static final int PEER_CLOSED = 4;
  private static final Interest[] CONDITIONS = {
    Interest.READABLE, Interest.WRITABLE, Interest.PEER_CLOSED
  };

  final ModelFile file;
  final ByteInput source;
  private @Nullable Registration<Tag> registration;
  private int version;
  private int conditions;
  private boolean edge;
  private boolean oneShot;
  private boolean armed;

  /** The conditions of which an edge is owed. */
  private int edges;

  ModelHandle(ModelFile file, ByteInput source) {
    this.file = file;
    this.source = source;
  }

  boolean isRegistered() {
    return registration != null;
  }

  void register(EventQueue<Tag> queue, int conditions, boolean edge, boolean oneShot)
      throws IOException {
    registration =
        queue.register(source, remember(conditions, edge, oneShot), new Tag(this, ++version));
    arm();
  }

  void modify(int conditions, boolean edge, boolean oneShot, boolean newAttachment)
      throws IOException {
    Interest interest = remember(conditions, edge, oneShot);
    if (newAttachment) {
      live().modify(interest, new Tag(this, ++version));
    } else {
      live().modify(interest);
    }
    arm();
  }

  void rearm() throws IOException {
    live().rearm();
    arm();
  }

  void cancel() {
    live().cancel();
    registration = null;
  }

  /** The source was closed or detached. */
  void ended() {
    if (registration != null && registration.isValid()) {
      throw new AssertionError("the registration outlives its source: " + this);
    }
    registration = null;
  }

  private Registration<Tag> live() {
    return Objects.requireNonNull(registration);
  }

  private Interest remember(int conditions, boolean edge, boolean oneShot) {
    this.conditions = conditions;
    this.edge = edge;
    this.oneShot = oneShot;
    Interest interest = Interest.NONE;
    for (int i = 0; i < CONDITIONS.length; i++) {
      interest = (conditions & (1 << i)) == 0 ? interest : interest.and(CONDITIONS[i]);
    }
    interest = edge ? interest.edge() : interest;
    return oneShot ? interest.oneShot() : interest;
  }

  private void arm() {
    armed = true;
    edges = holding();
  }

  /** The conditions that hold now, asked for or not. */
  private int holding() {
    return (file.readable() ? READABLE : 0)
        | (file.writable() ? WRITABLE : 0)
        | (file.peerClosed ? PEER_CLOSED : 0);
  }

  void dataArrived() {
    edges |= READABLE;
  }

  void dataTaken() {
    edges &= file.readable() ? -1 : ~READABLE;
  }

  void peerEnded() {
    edges |= READABLE | PEER_CLOSED;
  }

  boolean isDue() {
    int due = conditions & holding();
    return registration != null && armed && (edge ? due & edges : due) != 0;
  }

  boolean isDueAtEachWait() {
    return isDue() && !edge && !oneShot;
  }

  /** Checks an event and takes note of it. */
  void reported(Event<Tag> event) {
    String what = this + " is told " + Report.says(event) + " by " + event.attachment().version();
    check(registration != null, "ended", what);
    check(event.registration() == registration, "of another registration", what);
    check(event.attachment().version() == version, "an old attachment", what);
    check(conditions != 0, "without interest", what);
    check(armed, "disarmed", what);
    check((conditions & holding()) != 0 || file.peerClosed, "not ready", what);
    check(!event.isReadable() || (asked(READABLE) && file.readable()), "readable", what);
    check(!event.isWritable() || asked(WRITABLE), "writable", what);
    check(!event.isReadClosed() || file.peerClosed, "read-closed", what);
    check(!event.isPriority() && !event.isError(), "priority or error", what);
    edges = 0;
    armed = !oneShot;
  }

  private boolean asked(int condition) {
    return (conditions & condition) != 0;
  }

  private static void check(boolean condition, String complaint, String what) {
    if (!condition) {
      throw new AssertionError(complaint + ": " + what);
    }
  }

  @Override
  public String toString() {
    return "%s of %s, %s".formatted(source, file, registration == null ? "free" : registration);
  }
}
