package dev.selkie.runtime;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.Source;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * A source whose events call a handler: what {@link EventLoop#watch} makes.
 *
 * <p>It ends by {@link #cancel}, with its source, or with the loop; the source stays its owner's.
 * All methods may be called from any thread.
 */
public final class Watch {
  private final Registration<Target> registration;

  private Watch(Registration<Target> registration) {
    this.registration = registration;
  }

  static <S extends Source> Watch of(
      EventLoop loop, S source, Interest interest, ReadyHandler<? super S> handler)
      throws IOException {
    if (source instanceof LayeredSource) {
      throw new IllegalArgumentException(
          source + " waits for more than its events: attach it, and poll it with wakers");
    }
    return new Watch(loop.engine().register(source, interest, new Handled<>(source, handler)));
  }

  /**
   * Replaces the interest and arms the watch anew.
   *
   * @throws IllegalStateException if the watch has ended
   * @see Registration#modify(Interest)
   */
  public void modify(Interest interest) throws IOException {
    registration.modify(interest);
  }

  /**
   * Arms the watch anew with the interest that it has.
   *
   * @throws IllegalStateException if the watch has ended
   */
  public void rearm() throws IOException {
    registration.rearm();
  }

  /**
   * Ends the watch: once this has returned, no call of the handler begins.
   *
   * @return whether this call ended it
   */
  public boolean cancel() {
    return registration.cancel();
  }

  /** Whether the watch has not ended. */
  public boolean isActive() {
    return registration.isValid();
  }

  @Override
  public String toString() {
    return registration.toString();
  }

  private record Handled<S extends Source>(S source, ReadyHandler<? super S> handler)
      implements Target {
    @Override
    public void ready(Event<Target> event) throws Exception {
      handler.ready(source, event);
    }

    @Override
    public void sourceClosed() {
      // Nobody waits.
    }

    @Override
    public void tell(Consumer<? super Wait> waits) {
      waits.accept(new Wait(null, "a handler of " + source.descriptor()));
    }

    @Override
    public LoopSnapshot.Source state() {
      return new LoopSnapshot.Source(source.descriptor().toString(), LoopSnapshot.Use.WATCH, 0, 0);
    }

    @Override
    public void end() {
      // The source is not the loop's.
    }
  }
}
