package dev.selkie;

import dev.selkie.backend.Readiness;
import org.jspecify.annotations.Nullable;

/**
 * What a wait says of one registration: at most one event a batch, with every condition in it.
 *
 * <p><b>Keep the attachment, not the event.</b> The object belongs to the queue and holds until its
 * next wait, which makes it another source's event or empties it. Its bits are those that the
 * interest admits at the moment the event is handed out.
 *
 * <p><b>Spurious events.</b> An event is a hint: an operation may still answer {@link
 * Io#NOT_READY}.
 *
 * @param <A> the type of attachment
 */
public final class Event<A> {
  private @Nullable Registration<A> registration;
  private int ready;
  private int raw;
  private int visible;

  Event() {}

  void set(Registration<A> registration, int ready, int raw) {
    this.registration = registration;
    this.ready = ready;
    this.raw = raw;
  }

  void clear() {
    registration = null;
    visible = 0;
  }

  /** Fixes what the reader sees; false if that is nothing any more. */
  boolean handOut() {
    Registration<A> r = registration();
    visible = r.isValid() ? Readiness.visible(ready, r.interestBits()) : 0;
    return visible != 0;
  }

  /**
   * What was registered with the source.
   *
   * @throws IllegalStateException if the queue has waited again and the object holds nothing
   */
  public A attachment() {
    return registration().attachment();
  }

  /**
   * The registration.
   *
   * @throws IllegalStateException if the queue has waited again and the object holds nothing
   */
  public Registration<A> registration() {
    Registration<A> held = registration;
    if (held == null) {
      throw new IllegalStateException(
          "the queue has waited again: keep the attachment, not the event");
    }
    return held;
  }

  /** A read would return data, end of file or an error; for a listener, a connection waits. */
  public boolean isReadable() {
    return has(Readiness.READABLE);
  }

  /** A write would take data or return an error; a connecting stream knows its outcome. */
  public boolean isWritable() {
    return has(Readiness.WRITABLE);
  }

  /** The peer will send nothing more; what it has sent may still have to be read. */
  public boolean isReadClosed() {
    return has(Readiness.READ_CLOSED);
  }

  /** Nothing more can be sent: the connection is over, or a pipe's reader is gone. */
  public boolean isWriteClosed() {
    return has(Readiness.WRITE_CLOSED);
  }

  /** An error is pending; its number comes from the source ({@code takeError}) or its next call. */
  public boolean isError() {
    return has(Readiness.ERROR);
  }

  /** Urgent data, or the like of other sources. */
  public boolean isPriority() {
    return has(Readiness.PRIORITY);
  }

  /**
   * The system's own bits, whatever the interest: on Linux the {@code epoll_event}'s, 0 for a
   * source that the queue itself reports as always ready.
   */
  public int rawFlags() {
    return raw;
  }

  private boolean has(int bit) {
    return (visible & bit) != 0;
  }

  @Override
  public String toString() {
    if (registration == null) {
      return "no event";
    }
    StringBuilder text = new StringBuilder(registration.source().descriptor().toString());
    text.append(':');
    append(text, Readiness.READABLE, " readable");
    append(text, Readiness.WRITABLE, " writable");
    append(text, Readiness.READ_CLOSED, " read-closed");
    append(text, Readiness.WRITE_CLOSED, " write-closed");
    append(text, Readiness.ERROR, " error");
    append(text, Readiness.PRIORITY, " priority");
    return text.toString();
  }

  private void append(StringBuilder text, int bit, String name) {
    if (has(bit)) {
      text.append(name);
    }
  }
}
