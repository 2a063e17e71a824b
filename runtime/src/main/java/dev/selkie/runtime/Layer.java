package dev.selkie.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A layer upon the source of a cell. */
final class Layer implements LayeredSource.Host {
  /** How long the peer may hold up a close. */
  static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final VarHandle LINGERING;

  static {
    try {
      LINGERING = MethodHandles.lookup().findVarHandle(Layer.class, "lingering", Alarm.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final LayeredSource source;
  private final ReadinessCell cell;

  /** The time to settle; null when it has. */
  private volatile @Nullable Alarm settling;

  @SuppressWarnings("FieldMayBeFinal") // by LINGERING
  private volatile @Nullable Alarm lingering;

  private volatile boolean keeps;

  Layer(ReadinessCell cell, LayeredSource source) {
    this.cell = cell;
    this.source = source;
  }

  /** Tells the source; once the cell knows the layer. */
  void begin() {
    source.hostedBy(this);
    flush(cell.word()); // what it has kept before
    cell.raise(ReadinessWord.INPUT_AGAIN | ReadinessWord.OUTPUT_AGAIN); // a read may write first
    long nanos = source.settleNanos();
    if (nanos != 0) {
      settling = cell.loop.engine().alarm(this::checkSettled, nanos);
    }
  }

  private void checkSettled() {
    Alarm alarm = settling;
    if (alarm == null || !alarm.isEarly()) {
      source.late();
    }
  }

  /** The conditions without which it is not worth another attempt. */
  int lacks(Direction direction) {
    return direction == cell.input
        ? conditions(source.readNeeds()) | ReadinessWord.INPUT_AGAIN
        : conditions(source.writeNeeds()) | ReadinessWord.OUTPUT_AGAIN;
  }

  private static int conditions(LayeredSource.Need need) {
    return switch (need) {
      case INPUT -> ReadinessWord.INPUT;
      case ROOM -> ReadinessWord.ROOM;
      case TURN -> 0;
    };
  }

  /** An operation that began with a word has made an attempt. */
  void attempted(int seen) {
    Alarm alarm = settling;
    if (alarm != null && source.isSettled()) {
      settling = null;
      alarm.cancel();
    }
    if (keeps && cell.has(ReadinessWord.ROOM)) {
      flush(seen);
    }
  }

  /** An event has come, which may be of what nobody waits for. */
  void eventCame() {
    if (keeps || lingering != null) {
      flush(cell.word());
    }
  }

  /** Has the source go on, or do so at the next event. */
  private void flush(int seen) {
    int w = seen;
    LayeredSource.Need need = source.flush();
    while (need != null && !cell.clear(conditions(need), w)) {
      w = cell.word();
      need = source.flush();
    }
  }

  @Override
  public void again() {
    eventCame();
    cell.raise(ReadinessWord.INPUT_AGAIN | ReadinessWord.OUTPUT_AGAIN);
    cell.wake(ReadinessWord.INPUT_AGAIN | ReadinessWord.OUTPUT_AGAIN);
  }

  @Override
  public void againInTurn() {
    cell.loop.engine().request(this::again);
  }

  @Override
  public void keeps(boolean bytes) {
    if (keeps != bytes) {
      keeps = bytes;
      cell.writes(bytes);
    }
  }

  @Override
  public void lingers() {
    cell.writes(true);
    lingering = cell.loop.engine().alarm(source.below()::close, LINGER_NANOS);
    cell.raise(ReadinessWord.ENDED);
    cell.wake(ReadinessWord.ENDED);
  }

  /** What lies below was closed. */
  void ended() {
    var _ = source.flush(); // which finds it closed, and keeps nothing more
    Alarm first = settling;
    if (first != null) {
      first.cancel();
    }
    Alarm last = LINGERING.getAndSet(this, null) instanceof Alarm alarm ? alarm : null;
    if (last != null) {
      last.cancel();
      cell.writes(false);
    }
  }
}
