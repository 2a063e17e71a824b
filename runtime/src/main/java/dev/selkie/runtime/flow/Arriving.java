package dev.selkie.runtime.flow;

import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Arrivals as the items of a publisher. */
final class Arriving<T> implements Unicast.Items<T> {
  private final Incoming<T> incoming;
  private @Nullable T item;

  Arriving(Incoming<T> incoming) {
    this.incoming = incoming;
  }

  @Override
  public Unicast.Found next(Waker waker) throws IOException {
    try {
      item = incoming.poll(waker);
    } catch (ClosedChannelException e) {
      if (incoming.loop().isShutdown()) {
        throw e;
      }
      return Unicast.Found.END;
    }
    return item == null ? Unicast.Found.NOTHING : Unicast.Found.ITEM;
  }

  @Override
  public T take() {
    T taken = Objects.requireNonNull(item);
    item = null;
    return taken;
  }

  @Override
  public void forget(Waker waker) {
    incoming.forget(waker);
  }
}
