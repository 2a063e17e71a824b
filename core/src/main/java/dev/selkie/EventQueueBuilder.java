package dev.selkie;

import dev.selkie.backend.EpollBackend;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a queue.
 *
 * @param <A> the type of attachment
 */
public final class EventQueueBuilder<A> {
  private static final int DEFAULT_BATCH = 512;

  private @Nullable Kernel kernel;
  private @Nullable String backend;
  private int batch = DEFAULT_BATCH;

  EventQueueBuilder() {}

  /** The kernel; {@link Kernel#current()} unless set. */
  public EventQueueBuilder<A> kernel(Kernel kernel) {
    this.kernel = Objects.requireNonNull(kernel, "kernel");
    return this;
  }

  /**
   * The backend by name; the property {@code dev.selkie.backend} or else the system's best unless
   * set. Here: {@code epoll}.
   */
  public EventQueueBuilder<A> backend(String name) {
    this.backend = Objects.requireNonNull(name, "name");
    return this;
  }

  /**
   * How many events one wait returns at most; 512 unless set.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public EventQueueBuilder<A> batch(int events) {
    if (events < 1) {
      throw new IllegalArgumentException("a batch of " + events + " events: at least 1");
    }
    this.batch = events;
    return this;
  }

  /**
   * Opens the queue.
   *
   * @throws dev.selkie.kernel.SystemCallException if the system refuses, such as EMFILE
   * @throws IllegalArgumentException if there is no backend of that name
   */
  public EventQueue<A> open() throws IOException {
    Kernel host = kernel == null ? Kernel.current() : kernel;
    String name = backend == null ? System.getProperty("dev.selkie.backend", "epoll") : backend;
    if (!name.equals("epoll")) {
      throw new IllegalArgumentException(
          "no backend is called " + name + " (dev.selkie.backend): there is epoll");
    }
    return new EventQueue<>(host, EpollBackend.open(host, batch), batch);
  }
}
