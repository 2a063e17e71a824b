package dev.selkie.runtime;

import dev.selkie.ByteInput;
import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.Source;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a source is ready for as far as its loop was told, and who waits for it.
 *
 * <p>The source is registered once, edge-triggered, where the backend has that: the kernel is not
 * asked again in its life. Otherwise (poll(2)) it is registered one-shot, for what it is not ready
 * for.
 */
final class ReadinessCell implements Target {
  /*
   * One word: the conditions, and above them a tick that each event raises. Who finds "not ready"
   * clears the condition only if the tick is still the one that it read before it tried: an event
   * that came meanwhile may be of data that came after the attempt. Who waits stores its waker
   * first and looks at the word then; an event raises the word first and takes the waker then. So
   * one of the two sees the other.
   *
   * READ_END and WRITE_END stay: an end is told by the next read or write itself, which then needs
   * no event. URGENT stays as well: from then on a read may end early at the mark, and only "not
   * ready" says that the source is drained. ENDED is the close of the source, CLOSED_LOOP that of
   * the loop.
   */
  static final int READABLE = 1;
  static final int WRITABLE = 2;
  static final int READ_END = 4;
  static final int WRITE_END = 8;
  static final int URGENT = 16;
  static final int ENDED = 32;
  static final int CLOSED_LOOP = 64;
  private static final int TICK = 128;
  private static final int CONDITIONS = TICK - 1;

  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(ReadinessCell.class, "word", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final EventLoop loop;
  final Source source;
  final Direction input = new Direction(this, READABLE | READ_END);
  final Direction output = new Direction(this, WRITABLE | WRITE_END);

  /** What a short read tells of this source on this system. */
  private final ByteInput.ShortRead shortRead;

  private volatile int word;

  /** Null where an edge is enough. */
  private volatile @Nullable Registration<Target> rearmed;

  ReadinessCell(EventLoop loop, Source source) throws IOException {
    this.loop = loop;
    this.source = source;
    Engine engine = loop.engine();
    ByteInput.ShortRead told =
        source instanceof ByteInput bytes ? bytes.shortRead() : ByteInput.ShortRead.TELLS_NOTHING;
    Interest interest = Interest.READABLE_WRITABLE.edge();
    if (!engine.queue().supports(interest)) {
      this.shortRead = told;
      this.rearmed = engine.register(source, Interest.READABLE_WRITABLE.oneShot(), this);
      rearm(); // for an event that was told before the line above had ended
      return;
    }
    if (told == ByteInput.ShortRead.DRAINS_BUT_FOR_URGENT_DATA) {
      Interest urgent = interest.and(Interest.PRIORITY);
      if (engine.queue().supports(urgent)) {
        interest = urgent;
      } else {
        told = ByteInput.ShortRead.TELLS_NOTHING;
      }
    }
    this.shortRead = told;
    engine.register(source, interest, this);
  }

  /** The word, to be read before an attempt. */
  int word() {
    return word;
  }

  /** Whether any of the conditions holds, or the end has come. */
  boolean has(int conditions) {
    return (word & (conditions | ENDED)) != 0;
  }

  /** An attempt that began with a word found nothing ready. */
  void clear(int condition, int seen) {
    int w = seen;
    while (!WORD.compareAndSet(this, w, w & ~condition)) {
      w = word;
      if ((w & ~CONDITIONS) != (seen & ~CONDITIONS)) {
        return;
      }
    }
    rearm();
  }

  /** A read that began with a word got fewer bytes than it had room for. */
  void readShort(int seen) {
    if (shortRead == ByteInput.ShortRead.DRAINS
        || (shortRead == ByteInput.ShortRead.DRAINS_BUT_FOR_URGENT_DATA && (seen & URGENT) == 0)) {
      clear(READABLE, seen);
    }
  }

  @Override
  public void ready(Event<Target> event) throws IOException {
    int conditions = 0;
    if (event.isReadable()) {
      conditions |= READABLE;
    }
    if (event.isWritable()) {
      conditions |= WRITABLE;
    }
    if (event.isReadClosed()) {
      conditions |= READ_END;
    }
    if (event.isWriteClosed()) {
      conditions |= WRITE_END;
    }
    if (event.isError()) {
      conditions |= READABLE | WRITABLE;
    }
    if (event.isPriority()) {
      conditions |= URGENT;
    }
    raise(conditions);
    rearm();
    if ((conditions & input.conditions) != 0) {
      input.wakeWaiter();
    }
    if ((conditions & output.conditions) != 0) {
      output.wakeWaiter();
    }
  }

  private void raise(int conditions) {
    int w;
    do {
      w = word;
    } while (!WORD.compareAndSet(this, w, (w | conditions) + TICK));
  }

  /** Has the input tried again, of which no event will come. */
  void retry() {
    raise(READABLE);
    input.wakeWaiter();
  }

  /** Asks the backend without edges for what the source is not ready for. */
  private void rearm() {
    Registration<Target> registration = rearmed;
    if (registration == null) {
      return;
    }
    int w = word;
    Interest missing = Interest.NONE;
    if ((w & input.conditions) == 0) {
      missing = missing.and(Interest.READABLE);
    }
    if ((w & output.conditions) == 0) {
      missing = missing.and(Interest.WRITABLE);
    }
    try {
      registration.modify(missing.oneShot());
    } catch (IllegalStateException | IOException e) {
      raise(READABLE | WRITABLE); // the next operation tells what has become of it
    }
  }

  @Override
  public void sourceClosed() {
    raise(ENDED);
    loop.engine().freed();
    input.wakeWaiter();
    output.wakeWaiter();
  }

  @Override
  public void tell(Consumer<? super Wait> waits) {
    input.tell("input of ", waits);
    output.tell("output to ", waits);
  }

  @Override
  public void end() {
    raise(CLOSED_LOOP);
    source.close();
    sourceClosed(); // also of a source whose registration had ended
  }

  /**
   * Whether the end has come while an operation waited.
   *
   * @throws ClosedChannelException if so
   */
  void checkNotEnded(boolean waited) throws ClosedChannelException {
    int w = word;
    if ((w & CLOSED_LOOP) != 0) {
      throw new ClosedLoopException();
    }
    if ((w & ENDED) != 0) {
      throw waited ? new AsynchronousCloseException() : new ClosedChannelException();
    }
  }

  @Override
  public String toString() {
    return source.descriptor().toString();
  }
}
