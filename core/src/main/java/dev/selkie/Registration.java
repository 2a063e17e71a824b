package dev.selkie;

import dev.selkie.descriptor.DescriptorLifetime;
import java.io.IOException;
import java.util.Objects;

/**
 * A source in a queue: the interest in it, and the attachment that comes back with its events.
 *
 * <p><b>Identity.</b> A registration is itself, whatever becomes of its descriptor's number. Once
 * {@link #cancel} or the source's close has returned, no delivery of the registration begins, not
 * even of an event later in the batch being read.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread, also while the queue waits: the
 * change takes effect in that wait. They happen-before the wait that shows their effect.
 *
 * <p><b>Ends.</b> A registration ends by {@link #cancel}, by the close of its source or its queue,
 * or when its descriptor was closed behind its back and another source was registered with the same
 * number. It then throws {@link IllegalStateException} from every change; {@link #cancel} tells.
 *
 * @param <A> the type of attachment
 */
public final class Registration<A> {
  private final Registry<A> registry;
  private final Source source;
  private final DescriptorLifetime lifetime;
  private final long token;

  private volatile A attachment;
  private volatile int interest; // bits; written under the queue's lock
  private volatile boolean valid = true; // written under the queue's lock

  /** Of an always-ready source: whether the next wait reports it. The waiter writes it too. */
  private volatile boolean due;

  Registration(
      Registry<A> registry, Source source, DescriptorLifetime lifetime, long token, A attachment) {
    this.registry = registry;
    this.source = source;
    this.lifetime = lifetime;
    this.token = token;
    this.attachment = attachment;
  }

  /**
   * Replaces the interest as a whole, and arms the registration anew: an edge-triggered or one-shot
   * source that is ready is reported again.
   *
   * @throws IllegalStateException if the registration has ended
   * @throws UnsupportedOperationException if the system cannot have this interest, or cannot modify
   *     this registration (exclusive)
   * @throws IOException if the system refuses
   */
  public void modify(Interest interest) throws IOException {
    registry.modify(this, Objects.requireNonNull(interest, "interest"), null);
  }

  /**
   * Replaces interest and attachment.
   *
   * @see #modify(Interest)
   */
  public void modify(Interest interest, A attachment) throws IOException {
    registry.modify(
        this,
        Objects.requireNonNull(interest, "interest"),
        Objects.requireNonNull(attachment, "attachment"));
  }

  /**
   * Arms the registration anew with the interest that it has.
   *
   * @see #modify(Interest)
   */
  public void rearm() throws IOException {
    registry.modify(this, null, null);
  }

  /**
   * Ends the registration, if it has not ended. Once this has returned, no delivery begins.
   *
   * @return whether this call ended it; false if a cancel, or the close of the source or of the
   *     queue, came before
   */
  public boolean cancel() {
    return registry.cancel(this);
  }

  /** The source that was registered. */
  public Source source() {
    return source;
  }

  /** What comes back with the events. */
  public A attachment() {
    return attachment;
  }

  /** The interest in force. */
  public Interest interest() {
    return Interest.ofBits(interest);
  }

  /** Whether the registration has not ended. */
  public boolean isValid() {
    return valid;
  }

  DescriptorLifetime lifetime() {
    return lifetime;
  }

  long token() {
    return token;
  }

  int interestBits() {
    return interest;
  }

  boolean isDue() {
    return due;
  }

  void setDue(boolean due) {
    this.due = due;
  }

  void update(int interest, A attachment) {
    this.attachment = attachment;
    this.interest = interest;
  }

  void invalidate() {
    valid = false;
  }

  @Override
  public String toString() {
    return source.descriptor() + ": " + interest() + (valid ? "" : " (ended)");
  }
}
