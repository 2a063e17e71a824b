package dev.selkie.runtime;

import dev.selkie.ByteInput;
import dev.selkie.DatagramSource;
import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.ItemSource;
import dev.selkie.Registration;
import dev.selkie.Source;
import dev.selkie.net.StreamListener;
import dev.selkie.runtime.Closing.Phase;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A source on a loop: its events become the conditions of the word.
 *
 * <p>The source is registered once, edge-triggered, where the backend has that: the kernel is not
 * asked again in its life. Otherwise (poll(2)) it is registered one-shot, for what it is not ready
 * for.
 *
 * <p>A source of datagrams is ready to send at first, and edges of room are asked for only while
 * there is none: Linux would report one after each datagram that has left the buffer.
 */
final class ReadinessCell extends ReadinessWord implements Target {
  final Source source;

  /** READABLE, WRITABLE or both: what it can be ready for. */
  private final int directions;

  /** What a short read tells of this source on this system. */
  private final ByteInput.ShortRead shortRead;

  /** Null where an edge is enough. */
  private volatile @Nullable Registration<Target> rearmed;

  /** Whether room is asked for while there is none, and no longer. */
  private final boolean roomOnDemand;

  private boolean roomAsked; // by who asks

  /** What lies upon the source, if anything does. */
  private volatile @Nullable Layer layer;

  ReadinessCell(EventLoop loop, Source source, int directions) throws IOException {
    super(loop);
    this.source = source;
    this.directions = directions;
    if (source instanceof LayeredSource upper) {
      checkBothWays();
      this.layer = new Layer(this, upper);
    }
    Engine engine = loop.engine();
    ByteInput.ShortRead told =
        source instanceof ByteInput bytes ? bytes.shortRead() : ByteInput.ShortRead.TELLS_NOTHING;
    Interest interest = interest(directions).edge();
    boolean edges = engine.queue().supports(interest);
    this.roomOnDemand = edges && source instanceof DatagramSource;
    if (source instanceof DatagramSource) {
      raise(WRITABLE);
    }
    if (!edges) {
      this.shortRead = told;
      this.rearmed = engine.register(source, interest(directions).oneShot(), this);
      rearm(); // for an event that was told before the line above had ended
      return;
    }
    if (roomOnDemand) {
      this.shortRead = told;
      this.rearmed = engine.register(source, Interest.READABLE.edge(), this);
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

  private void checkBothWays() {
    if (directions != (READABLE | WRITABLE)) {
      throw new IllegalArgumentException(source + " reads to write: attach it both ways");
    }
  }

  /** Puts a layer upon the source; before anything else is done with it. */
  void layered(LayeredSource upper) {
    checkBothWays();
    if (layer != null) {
      throw new IllegalStateException(this + " has a layer already: put the next one upon that");
    }
    layer = new Layer(this, upper);
  }

  @Nullable Layer layer() {
    return layer;
  }

  private static Interest interest(int conditions) {
    Interest readable = (conditions & READABLE) != 0 ? Interest.READABLE : Interest.NONE;
    return (conditions & WRITABLE) != 0 ? readable.and(Interest.WRITABLE) : readable;
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
    told(conditions);
    Layer upper = layer;
    if (upper != null) {
      upper.eventCame();
    }
  }

  @Override
  int lacks(Direction direction) {
    Layer upper = layer;
    return upper == null ? super.lacks(direction) : upper.lacks(direction);
  }

  @Override
  void attempted(int seen) {
    Layer upper = layer;
    if (upper != null) {
      upper.attempted(seen);
    }
  }

  @Override
  void writes(boolean waits) {
    loop.closing().writes(waits);
  }

  @Override
  void changed() {
    if (rearmed != null) {
      rearm();
    }
  }

  @Override
  void ask(int conditions) {
    if (!roomOnDemand) {
      modify(interest(conditions & directions).oneShot());
      return;
    }
    boolean room = (conditions & WRITABLE) != 0;
    if (roomAsked != room) {
      roomAsked = room;
      modify((room ? Interest.READABLE_WRITABLE : Interest.READABLE).edge());
    }
  }

  private void modify(Interest interest) {
    try {
      Objects.requireNonNull(rearmed).modify(interest);
    } catch (IllegalStateException | IOException e) {
      close(); // nobody would be told of anything any more
    }
  }

  @Override
  public void sourceClosed() {
    if ((raise(ENDED | RELEASED) & RELEASED) == 0) {
      loop.engine().traffic().closed(state());
    }
    loop.engine().freed();
    wake(ENDED);
    Layer upper = layer;
    if (upper != null) {
      upper.ended();
    }
  }

  @Override
  public void tell(Consumer<? super Wait> waits) {
    input.tell("input of ", waits);
    output.tell("output to ", waits);
  }

  @Override
  public LoopSnapshot.Source state() {
    return new LoopSnapshot.Source(toString(), use(), input.moved(), output.moved());
  }

  private LoopSnapshot.Use use() {
    return switch (source) {
      case StreamListener<?> _ -> LoopSnapshot.Use.LISTENER;
      case ItemSource<?> _ -> LoopSnapshot.Use.ITEMS;
      case DatagramSource _ -> LoopSnapshot.Use.DATAGRAMS;
      default ->
          switch (directions) {
            case READABLE -> LoopSnapshot.Use.INPUT;
            case WRITABLE -> LoopSnapshot.Use.OUTPUT;
            default -> LoopSnapshot.Use.CONNECTION;
          };
    };
  }

  /** Who listens accepts nothing more once the loop takes nothing more. */
  @Override
  public Phase endsIn() {
    return source instanceof StreamListener<?> ? Phase.SHUTDOWN : Phase.CANCELLED;
  }

  @Override
  public void end() {
    raise(CLOSED_LOOP);
    close();
  }

  private void close() {
    try {
      Layer upper = layer;
      if (upper != null) {
        upper.source.close(); // says so to the peer, as far as there is room
        upper.source.below().close();
      }
      source.close();
    } finally {
      sourceClosed(); // also of a source whose registration had ended
    }
  }

  @Override
  public String toString() {
    return source.descriptor().toString();
  }
}
