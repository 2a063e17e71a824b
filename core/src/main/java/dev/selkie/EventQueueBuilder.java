package dev.selkie;

import dev.selkie.backend.Backend;
import dev.selkie.backend.EpollBackend;
import dev.selkie.backend.KqueueBackend;
import dev.selkie.backend.PollBackend;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
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
   * The backend by name: {@code epoll}, {@code kqueue} or {@code poll}, which every system has.
   * Unless set it is that of the property {@code dev.selkie.backend}, or else the first of these
   * that the kernel was found to have.
   */
  public EventQueueBuilder<A> backend(String name) {
    this.backend = Objects.requireNonNull(name, "name");
    return this;
  }

  /**
   * How many events one wait takes from the system at most; 512 unless set. Sources that the queue
   * itself reports, being always ready, come on top.
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
    return new EventQueue<>(host, backend(host), batch);
  }

  private Backend backend(Kernel host) throws IOException {
    String property = System.getProperty("dev.selkie.backend");
    String name = backend != null ? backend : property != null ? property : best(host);
    return switch (name) {
      case "epoll" -> EpollBackend.open(host, batch);
      case "kqueue" -> KqueueBackend.open(host, batch);
      case "poll" -> PollBackend.open(host, batch);
      default ->
          throw new IllegalArgumentException(
              "no backend is called "
                  + name
                  + " (dev.selkie.backend): there are epoll, kqueue and poll");
    };
  }

  /** What the kernel was found to have; epoll's own error tells of a kernel that has none. */
  private static String best(Kernel host) {
    Set<Facility> found = host.facilities();
    if (found.contains(Facility.EPOLL)) {
      return "epoll";
    }
    if (found.contains(Facility.KQUEUE)) {
      return "kqueue";
    }
    return found.contains(Facility.POLL) ? "poll" : "epoll";
  }
}
