package dev.selkie.cli;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks a delay server many things at once, on one thread and one event queue.
 *
 * <p>Connections are begun in waves, so that no backlog overflows: a system drops what a full
 * backlog cannot take, and the retry comes a second later.
 */
final class DelayClient implements AutoCloseable {
  /** What is told of a run as it goes. */
  interface Observer {
    /** A right answer came. */
    default void answered(DelayRequest request) {}

    /** A request failed. */
    default void failed(DelayRequest request) {}

    /** No event came for a time. */
    default void silent(long nanos) {}

    /** After each wait: the time to draw. */
    default void waited(DelayClient client) {}

    /** The longest wait that still lets it draw in time. */
    default long frameNanos() {
      return Long.MAX_VALUE;
    }
  }

  private static final int CONNECTING_AT_ONCE = 500;
  private static final int BUFFER_BYTES = 1 << 16;

  final Kernel kernel;
  final DelayRun run;
  final EventQueue<ReadyHandler> queue;
  final Deadlines deadlines;
  final Decoder.Pool decoders = Decoder.Pool.ofResponses();
  final ClientCounts counts = new ClientCounts();

  /** Scratch of the turn in progress: nothing stays in it. */
  final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  private final Observer observer;
  private final List<DelayRequest> requests;
  private final long origin;
  private int connecting;
  private int open;
  private long silentSince;

  DelayClient(Kernel kernel, DelayRun run, Observer observer) throws IOException {
    this.kernel = kernel;
    this.run = run;
    this.observer = observer;
    this.requests = new ArrayList<>(run.requests());
    this.deadlines = new Deadlines(kernel.clock());
    this.origin = kernel.clock().nanoTime();
    this.queue = EventQueue.open(kernel);
  }

  /**
   * Asks everything and waits for the end of every request. It stops early when the first thing
   * that comes back is a failure: the others would fail alike.
   */
  void ask() {
    while (!isDone()) {
      startMore();
      turn();
    }
  }

  /** The requests begun so far, in the order of their numbers. */
  List<DelayRequest> requests() {
    return requests;
  }

  /** Nanoseconds since the run began. */
  long elapsedNanos() {
    return kernel.clock().nanoTime() - origin;
  }

  private boolean isDone() {
    boolean hopeless = counts.answered == 0 && counts.failed > 0;
    return hopeless || (requests.size() == run.requests() && open == 0);
  }

  private void startMore() {
    while (requests.size() < run.requests() && connecting < CONNECTING_AT_ONCE && !isDone()) {
      DelayRequest request = new DelayRequest(this, requests.size());
      requests.add(request);
      open++;
      connecting++;
      request.start();
    }
  }

  private void turn() {
    if (isDone()) {
      return;
    }
    long patience = run.patience().silence().toNanos();
    long timeout =
        Math.min(
            Math.min(patience, observer.frameNanos()),
            connecting < CONNECTING_AT_ONCE && requests.size() < run.requests()
                ? 0
                : deadlines.nanosToNext());
    Events<ReadyHandler> events = queue.awaitNanos(timeout);
    counts.waits++;
    counts.events += events.size();
    if (events.isEmpty()) {
      counts.emptyWaits++;
    } else {
      silentSince = elapsedNanos();
    }
    for (Event<ReadyHandler> event : events) {
      event.attachment().ready(event);
    }
    deadlines.runDue();
    if (elapsedNanos() - silentSince >= patience && !isDone()) {
      silentSince = elapsedNanos();
      observer.silent(patience);
    }
    observer.waited(this);
  }

  /** A request is not connecting any more. */
  void connected() {
    connecting--;
  }

  void answered(DelayRequest request) {
    counts.answered++;
    observer.answered(request);
  }

  void failed(DelayRequest request) {
    counts.failed++;
    observer.failed(request);
  }

  void closed() {
    open--;
  }

  /** Ends what is left, and closes the queue. */
  @Override
  public void close() {
    for (DelayRequest request : requests) {
      request.close();
    }
    queue.close();
  }
}
