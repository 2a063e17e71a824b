package dev.selkie.cli.program;

import dev.selkie.kernel.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A run of requests as it goes, whoever asks them: which may begin, which have ended, and who is to
 * be told of it. What happens to requests may be told from any thread; the observer is told of one
 * thing at a time.
 *
 * <p>Connections are begun in waves, so that no backlog overflows: a system drops what a full
 * backlog cannot take, and the retry comes a second later.
 */
public final class Asking {
  /** What is told of a run as it goes. */
  public interface Observer {
    /** A right answer came. */
    default void answered(Asked request) {}

    /** A request failed. */
    default void failed(Asked request) {}

    /** No event came for a time. */
    default void silent(long nanos) {}

    /** From time to time: the time to draw. */
    default void waited(Asking run) {}

    /** The longest wait that still lets it draw in time. */
    default long frameNanos() {
      return Long.MAX_VALUE;
    }
  }

  private static final int CONNECTING_AT_ONCE = 500;

  final DelayRun run;
  final ClientCounts counts = new ClientCounts();
  final Observer observer;
  final Decoder.Pool decoders = Decoder.Pool.ofResponses();
  private final CountedKernel kernel;
  private final Clock clock;
  private final long origin;
  private final List<Asked> requests;
  private int connecting;
  private int open;
  private @Nullable Throwable crash;

  /** The events seen so far, and when the last of them was seen. */
  private long events;

  private long silentSince;

  /** A run that has not begun. */
  public Asking(CountedKernel kernel, DelayRun run, Observer observer) {
    this.kernel = kernel;
    this.clock = kernel.clock();
    this.origin = clock.nanoTime();
    this.run = run;
    this.observer = observer;
    this.requests = new ArrayList<>(run.requests());
  }

  /** What is to be asked. */
  public DelayRun run() {
    return run;
  }

  /** The kernel that the requests are made through. */
  public CountedKernel kernel() {
    return kernel;
  }

  /** What was done so far. */
  public ClientCounts counts() {
    return counts;
  }

  /** The requests begun so far, in the order of their numbers. */
  public List<Asked> requests() {
    return requests;
  }

  /** Nanoseconds since the run began. */
  public long elapsedNanos() {
    return clock.nanoTime() - origin;
  }

  /**
   * Whether every request has ended; or the first thing that came back is a failure: the others
   * would fail alike.
   */
  public synchronized boolean isDone() {
    boolean hopeless = counts.answered == 0 && counts.failed > 0;
    return hopeless || (requests.size() == run.requests() && open == 0);
  }

  /** Begins the next request, or null if none may begin now. */
  public synchronized @Nullable Asked begin() {
    if (isDone() || requests.size() == run.requests() || connecting == CONNECTING_AT_ONCE) {
      return null;
    }
    Asked next = new Asked(this, requests.size());
    requests.add(next);
    connecting++;
    open++;
    return next;
  }

  /**
   * Begins the next request as soon as it may, for a thread that does nothing else: meanwhile it
   * lets the observer draw.
   *
   * @return null once the run is done
   */
  public synchronized @Nullable Asked await() throws InterruptedException {
    while (true) {
      if (crash != null) {
        throw new IllegalStateException("the client failed: " + crash, crash);
      }
      Asked next = begin();
      if (next != null || isDone()) {
        return next;
      }
      TimeUnit.NANOSECONDS.timedWait(this, nanosToFrame());
      turned();
    }
  }

  /** How long a wait may be that lets the observer draw, and be told of silence, in time. */
  public long nanosToFrame() {
    return Math.min(run.patience().silence().toNanos(), observer.frameNanos());
  }

  /** Lets the observer draw, and tells it of silence; after each wait. */
  public synchronized void turned() {
    long patience = run.patience().silence().toNanos();
    if (kernel.events() != events) {
      events = kernel.events();
      silentSince = elapsedNanos();
    } else if (elapsedNanos() - silentSince >= patience && !isDone()) {
      silentSince = elapsedNanos();
      observer.silent(patience);
    }
    observer.waited(this);
  }

  /** Something has thrown what is nobody's answer: it ends the run. */
  public synchronized void crashed(Throwable problem) {
    crash = problem;
    notifyAll();
  }

  /** A request is not connecting any more. */
  void connected() {
    connecting--;
    notifyAll();
  }

  void closed() {
    open--;
    notifyAll();
  }
}
