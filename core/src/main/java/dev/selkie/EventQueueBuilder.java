package dev.selkie;

import dev.selkie.backend.Backend;
import dev.selkie.backend.EpollBackend;
import dev.selkie.backend.KqueueBackend;
import dev.selkie.backend.PollBackend;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a queue.
 *
 * @param <A> the type of attachment
 */
public final class EventQueueBuilder<A> {
  private static final int DEFAULT_BATCH = 512;
  private static final int LARGEST_BATCH = 1 << 16;
  private static final List<String> BACKENDS = List.of("epoll", "kqueue", "poll");
  private static final String BACKEND_PROPERTY = "dev.selkie.backend";

  private @Nullable Kernel kernel;
  private @Nullable String backend;
  private int batch = DEFAULT_BATCH;
  private Consumer<? super Registration<A>> sourceClosed = _ -> {};

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
   *
   * @throws IllegalArgumentException if the property {@code dev.selkie.backend} is used and names
   *     no backend
   */
  public EventQueueBuilder<A> backend(String name) {
    Objects.requireNonNull(name, "name");
    if (!BACKENDS.contains(name)) {
      throw new IllegalArgumentException(unknown(name, ""));
    }
    this.backend = name;
    return this;
  }

  /**
   * How many events one wait takes from the system at most; 512 unless set. Sources that the queue
   * itself reports, being always ready, come on top. Each event takes up to some 200 bytes of
   * memory for the life of the queue; what does not fit comes with the next wait.
   *
   * @throws IllegalArgumentException if it is below 1 or above 65,536
   */
  public EventQueueBuilder<A> batch(int events) {
    if (events < 1) {
      throw new IllegalArgumentException("a batch of " + events + " events: at least 1");
    }
    if (events > LARGEST_BATCH) {
      throw new IllegalArgumentException(
          "a batch of " + events + " events: at most " + LARGEST_BATCH);
    }
    this.batch = events;
    return this;
  }

  /**
   * Has a listener told of each registration that the close of its source ends, as a wait tells
   * nothing of it. The closing thread calls it, outside locks and before the close returns; it must
   * not throw.
   */
  public EventQueueBuilder<A> onSourceClosed(Consumer<? super Registration<A>> listener) {
    this.sourceClosed = Objects.requireNonNull(listener, "listener");
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
    return new EventQueue<>(host, backend(host), batch, sourceClosed);
  }

  private Backend backend(Kernel host) throws IOException {
    String property = System.getProperty(BACKEND_PROPERTY);
    String name = backend != null ? backend : property != null ? property : best(host);
    return switch (name) {
      case "epoll" -> EpollBackend.open(host, batch);
      case "kqueue" -> KqueueBackend.open(host, batch);
      case "poll" -> PollBackend.open(host, batch);
      default -> throw new IllegalArgumentException(unknown(name, " (" + BACKEND_PROPERTY + ")"));
    };
  }

  private static String unknown(String name, String origin) {
    return "no backend is called %s%s: there are epoll, kqueue and poll"
        .formatted(name.isBlank() ? "'" + name + "'" : name, origin);
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
