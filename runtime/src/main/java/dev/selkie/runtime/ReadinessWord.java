package dev.selkie.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;

/** What something is ready for as far as its loop was told, and who waits for it. */
class ReadinessWord {
  /*
   * One word: the conditions, and above them a tick that each event raises. Who finds "not ready"
   * clears the condition only if the tick is still the one that it read before it tried: an event
   * that came meanwhile may be of data that came after the attempt. Who waits stores its waker
   * first and looks at the word then; an event raises the word first and takes the waker then. So
   * one of the two sees the other.
   *
   * READ_END and WRITE_END outlast what there is to read: an end is told by the next read or write
   * itself, which then needs no event. One that finds "not ready" takes them back as well, for an
   * end can pass: that of a FIFO, when it gets another writer. URGENT stays: from then on a read
   * may end early at the mark, and only "not ready" says that the source is drained. ENDED is the
   * close of the source, CLOSED_LOOP that of the loop. While HELD no event of input is asked for:
   * there is some, which cannot be taken now. INPUT_AGAIN and OUTPUT_AGAIN say that a layer upon the
   * source has come on without an event; each direction has its own, so that none takes the other's.
   * RELEASED says that the descriptor is closed, which of a source with a layer comes after ENDED.
   */
  static final int READABLE = 1;
  static final int WRITABLE = 2;
  static final int READ_END = 4;
  static final int WRITE_END = 8;
  static final int URGENT = 16;
  static final int ENDED = 32;
  static final int CLOSED_LOOP = 64;
  private static final int HELD = 128;
  static final int INPUT_AGAIN = 256;
  static final int OUTPUT_AGAIN = 512;
  static final int RELEASED = 1024;
  private static final int TICK = 2048;
  private static final int CONDITIONS = TICK - 1;

  /** What an attempt to read is worth for, and one to write. */
  static final int INPUT = READABLE | READ_END;

  static final int ROOM = WRITABLE | WRITE_END;

  private static final VarHandle WORD;
  private static final VarHandle REARMS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WORD = lookup.findVarHandle(ReadinessWord.class, "word", int.class);
      REARMS = lookup.findVarHandle(ReadinessWord.class, "rearms", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final EventLoop loop;
  final Direction input = new Direction(this, READABLE, INPUT | INPUT_AGAIN);
  final Direction output = new Direction(this, WRITABLE, ROOM | OUTPUT_AGAIN);

  private volatile int word;

  /** How often {@link #rearm} was called, and its caller not served so far. */
  @SuppressWarnings("unused") // by REARMS
  private volatile int rearms;

  ReadinessWord(EventLoop loop) {
    this.loop = loop;
  }

  /** The word, to be read before an attempt. */
  final int word() {
    return word;
  }

  /** Whether any of the conditions holds, or the end has come. */
  final boolean has(int conditions) {
    return (word & (conditions | ENDED)) != 0;
  }

  /**
   * An attempt that began with a word found nothing ready.
   *
   * @return false if an event came meanwhile: then it is worth another attempt
   */
  final boolean clear(int conditions, int seen) {
    int w = seen;
    while (!WORD.compareAndSet(this, w, w & ~conditions)) {
      w = word;
      if ((w & ~CONDITIONS) != (seen & ~CONDITIONS)) {
        return false;
      }
    }
    changed();
    return true;
  }

  /** The conditions for want of which an attempt was not ready. */
  int lacks(Direction direction) {
    return direction.conditions;
  }

  /** An operation that began with a word has made an attempt. */
  void attempted(int seen) {}

  /** There is input that cannot be taken, and is not asked for until {@link #resume}. */
  final void hold() {
    int w;
    do {
      w = word;
    } while (!WORD.compareAndSet(this, w, w | HELD));
  }

  /** Has input that was held tried again, of which no event will come. */
  final void resume() {
    int w;
    do {
      w = word;
    } while (!WORD.compareAndSet(this, w, ((w & ~HELD) | READABLE) + TICK));
    wake(READABLE);
  }

  /** An event has told of conditions. */
  final void told(int conditions) {
    raise(conditions);
    changed();
    wake(conditions);
  }

  /** Sets conditions, of which nobody is told so far, and returns the word before. */
  final int raise(int conditions) {
    int w;
    do {
      w = word;
    } while (!WORD.compareAndSet(this, w, (w | conditions) + TICK));
    return w;
  }

  /** Wakes who waits for any of the conditions. */
  final void wake(int conditions) {
    if ((conditions & (input.awaited() | ENDED)) != 0) {
      input.wakeWaiter();
    }
    if ((conditions & (output.awaited() | ENDED)) != 0) {
      output.wakeWaiter();
    }
  }

  /** Somebody waits for room to write, or does so no longer; once a wait. */
  void writes(boolean waits) {}

  /** The word has changed: where an edge is not enough, {@link #rearm} has to follow. */
  void changed() {}

  /**
   * Asks anew for what is missing. One thread at a time does: who finds another at it leaves it to
   * that one, which looks again after its call.
   */
  final void rearm() {
    int wanted = (int) REARMS.getAndAdd(this, 1) == 0 ? 1 : 0;
    while (wanted != 0) {
      ask(missing());
      wanted = (int) REARMS.getAndAdd(this, -wanted) - wanted;
    }
  }

  /** Has an event come for these of READABLE and WRITABLE, and for no others; one at a time. */
  void ask(int conditions) {}

  private int missing() {
    int w = word;
    return ((w & (INPUT | HELD)) == 0 ? READABLE : 0) | ((w & ROOM) == 0 ? WRITABLE : 0);
  }

  /**
   * Whether the end has come while an operation waited.
   *
   * @throws ClosedChannelException if so
   */
  final void checkNotEnded(boolean waited) throws ClosedChannelException {
    int w = word;
    if ((w & CLOSED_LOOP) != 0) {
      throw new ClosedLoopException();
    }
    if ((w & ENDED) != 0) {
      throw waited ? new AsynchronousCloseException() : new ClosedChannelException();
    }
  }
}
