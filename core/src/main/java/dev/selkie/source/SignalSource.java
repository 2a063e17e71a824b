package dev.selkie.source;

import dev.selkie.Descriptor;
import dev.selkie.ItemSource;
import dev.selkie.backend.Waker;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Signals that are sent to the process, as a source that is readable once one has come, signal(7).
 *
 * <p><b>While a source is open</b> its signals do to the process what the source's holder makes of
 * them, and nothing else: SIGTERM does not end it. Any number of sources may take the same signal,
 * and each is told. When the last of them is closed, the signal does again what it did before. A
 * source that is forgotten keeps its signals.
 *
 * <p><b>Which.</b> All that the JVM leaves free: HUP, INT and TERM, USR1, WINCH, CONT, URG and
 * more. HUP, INT and TERM are not to be had of a JVM that was started with {@code -Xrs}, nor where
 * they were ignored at its start, as HUP is under nohup(1). A refusal says why.
 *
 * <p><b>Counts.</b> Every arrival that the system reports is counted. The system itself holds one
 * arrival of a signal at a time: what comes again before the JVM has seen it is the same one.
 *
 * <p><b>Draining readiness.</b> Call {@link #poll} until it returns null, or wait again after each:
 * a source with more to tell is readable again. It may be readable with nothing to tell.
 *
 * <p><b>How.</b> The JVM takes the signal ({@code sun.misc.Signal} of the module jdk.unsupported)
 * and makes an eventfd(2) of the source readable, or a pipe where there is none. Neither
 * signalfd(2) nor EVFILT_SIGNAL would do in a JVM: they need the signal blocked in each of its
 * threads, or ignored. So there is no descriptor that one could hand over: a source of signals is
 * neither adopted nor detached.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread; each arrival is told once.
 */
public final class SignalSource implements ItemSource<SignalEvent> {
  private final Kernel kernel;
  private final Waker waker;
  private final List<Arrivals> signals;

  /** Whether the waker was woken for what nobody has looked at yet. */
  private final AtomicBoolean woken = new AtomicBoolean();

  private final AtomicBoolean closed = new AtomicBoolean();

  /** The arrivals of one signal that nobody has been told of; it is what the kernel runs. */
  private final class Arrivals implements Runnable {
    /** Up to this many are told by an object that is there already. */
    private static final int SMALL = 64;

    private final String name;
    private final AtomicLong pending = new AtomicLong();
    private final @Nullable SignalEvent[] small = new SignalEvent[SMALL + 1];

    Arrivals(String name) {
      this.name = name;
    }

    @Override
    public void run() {
      pending.incrementAndGet();
      wake();
    }

    @Nullable SignalEvent take() {
      if (pending.get() == 0) {
        return null;
      }
      long count = pending.getAndSet(0);
      return count == 0 ? null : event(count);
    }

    private SignalEvent event(long count) {
      if (count > SMALL) {
        return new SignalEvent(name, count);
      }
      SignalEvent known = small[(int) count];
      if (known == null) {
        known = new SignalEvent(name, count); // another thread's is equal
        small[(int) count] = known;
      }
      return known;
    }
  }

  private SignalSource(Kernel kernel, Waker waker, Set<String> names) {
    this.kernel = kernel;
    this.waker = waker;
    List<Arrivals> arrivals = new ArrayList<>(names.size());
    for (String name : names) {
      arrivals.add(new Arrivals(name));
    }
    this.signals = List.copyOf(arrivals);
  }

  /** Takes signals to this process, by the current kernel; see {@link #of(Kernel, String...)}. */
  public static SignalSource of(String... names) throws IOException {
    return of(Kernel.current(), names);
  }

  /**
   * Takes signals.
   *
   * @param names of one signal or more, with or without {@code SIG}, in upper or lower case: {@code
   *     HUP}, {@code SIGHUP}, {@code hup}
   * @throws IllegalArgumentException if one of them is not to be had, with the reason: there is
   *     none of that name, the JVM needs it, or was started so that it does not give it; none is
   *     taken
   * @throws IllegalStateException if the module jdk.unsupported is not there
   * @throws SystemCallException if the system refuses: EMFILE, or ENOSYS where it has no signals
   */
  public static SignalSource of(Kernel kernel, String... names) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Set<String> distinct = new LinkedHashSet<>();
    for (String name : Objects.requireNonNull(names, "names")) {
      distinct.add(SignalNames.plain(Objects.requireNonNull(name, "an element of names")));
    }
    if (distinct.isEmpty()) {
      throw new IllegalArgumentException("no signal is named: name one or more, such as \"HUP\"");
    }
    SignalSource source = new SignalSource(kernel, Waker.open(kernel, "SignalSource"), distinct);
    source.subscribe();
    return source;
  }

  private void subscribe() throws IOException {
    for (int i = 0; i < signals.size(); i++) {
      Arrivals signal = signals.get(i);
      int result = kernel.signals().subscribe(signal.name, signal);
      if (result < 0) {
        end(i);
        throw failure(signal.name, result);
      }
    }
  }

  private IOException failure(String name, int result) {
    String reason = kernel.signals().refusal(name, result);
    if (reason == null) {
      return new SystemCallException("sigaction", "SIG" + name, result, kernel);
    }
    String text = "the signal " + name + " cannot be taken: " + reason;
    if (result == Result.ENOSYS) {
      throw new IllegalStateException(text);
    }
    throw new IllegalArgumentException(text);
  }

  /**
   * Takes what came of one signal since it was last told of; null if none has come.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  @Override
  public @Nullable SignalEvent poll() throws IOException {
    waker.readEnd().acquireOrThrow();
    try {
      // In this order: whoever finds it woken has counted before this thread looks at the counts.
      waker.drain();
      woken.set(false);
      SignalEvent taken = null;
      for (int i = 0; i < signals.size(); i++) {
        Arrivals signal = signals.get(i);
        if (taken == null) {
          taken = signal.take();
        } else if (signal.pending.get() > 0) {
          wake();
          break;
        }
      }
      return taken;
    } finally {
      waker.readEnd().release();
    }
  }

  private void wake() {
    if (!woken.getAndSet(true)) {
      waker.wake();
    }
  }

  /** The signals that it takes, in upper case without {@code SIG}, as they were first named. */
  public List<String> names() {
    return signals.stream().map(signal -> signal.name).toList();
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(waker.readEnd());
  }

  /** Gives the signals back: those that no other source takes do again what they did before. */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      end(signals.size());
    }
  }

  /** Ends the subscriptions before a signal, and closes. */
  private void end(int before) {
    for (int i = 0; i < before; i++) {
      Arrivals signal = signals.get(i);
      int result;
      do {
        result = kernel.signals().unsubscribe(signal.name, signal);
      } while (result == Result.EINTR);
    }
    waker.close();
  }

  @Override
  public String toString() {
    return descriptor() + " for " + String.join(", ", names());
  }
}
