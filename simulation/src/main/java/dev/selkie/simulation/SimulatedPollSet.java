package dev.selkie.simulation;

import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.PollSet;
import dev.selkie.kernel.Result;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The descriptors of a simulated poll(2), which observes their files while a thread waits. */
final class SimulatedPollSet implements PollSet, Collector {
  private final SimulatedKernel kernel;
  private final WaitPoint point;
  private int[] descriptors;
  private int[] events;
  private int[] happened;
  private @Nullable Watch[] watches;
  private int count;

  SimulatedPollSet(SimulatedKernel kernel, int capacity) {
    this.kernel = kernel;
    this.point = new WaitPoint(kernel.network(), kernel, this);
    this.descriptors = new int[capacity];
    this.events = new int[capacity];
    this.happened = new int[capacity];
    this.watches = new @Nullable Watch[capacity];
  }

  /** Tells the waiting thread that something has arrived. */
  private final class Watch extends Observer {
    Watch(OpenFile file) {
      super(file);
    }

    @Override
    boolean arrived(int bits) {
      return point.wake();
    }

    @Override
    void fileClosed() {
      point.wake();
    }
  }

  @Override
  public int capacity() {
    return descriptors.length;
  }

  @Override
  public void grow(int capacity) {
    if (capacity > descriptors.length) {
      descriptors = Arrays.copyOf(descriptors, capacity);
      events = Arrays.copyOf(events, capacity);
      happened = Arrays.copyOf(happened, capacity);
      watches = Arrays.copyOf(watches, capacity);
    }
  }

  @Override
  public void set(int place, int descriptor, int bits) {
    descriptors[place] = descriptor;
    events[place] = bits;
  }

  @Override
  public int happened(int place) {
    return happened[place];
  }

  @Override
  public void close() {
    // Nothing but heap memory.
  }

  int await(int places, long timeoutNanos) {
    count = places;
    for (int i = 0; i < count && timeoutNanos != 0; i++) {
      OpenFile file = kernel.table().get(descriptors[i]);
      if (file == null) {
        watches[i] = null;
        continue;
      }
      Watch watch = watches[i];
      if (watch == null || !watch.file.is(file)) {
        watch = new Watch(file);
        watches[i] = watch;
      }
      file.observe(watch);
    }
    try {
      return kernel.network().await(this, null, timeoutNanos);
    } finally {
      for (int i = 0; i < count && timeoutNanos != 0; i++) {
        Watch watch = watches[i];
        if (watch != null) {
          watch.file.unobserve(watch);
        }
      }
    }
  }

  @Override
  public int collect(@Nullable EventBatch batch) {
    int found = 0;
    for (int i = 0; i < count; i++) {
      happened[i] = ask(descriptors[i], events[i]);
      if (happened[i] != 0) {
        found++;
      }
    }
    return found;
  }

  private int ask(int descriptor, int asked) {
    if (descriptor < 0) {
      return 0;
    }
    OpenFile file = kernel.table().get(descriptor);
    int ready = file == null ? Poll.NVAL : file.readiness() & (asked | Poll.ERR | Poll.HUP);
    boolean hinted = ready == 0 && file != null && (asked & (Poll.IN | Poll.OUT)) != 0;
    if (hinted && kernel.network().takes(Freedom.SPURIOUS_EVENTS)) {
      return asked & (Poll.IN | Poll.OUT);
    }
    return ready;
  }

  @Override
  public WaitPoint waitPoint() {
    return point;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("poll on ").append(kernel.hostName());
    String separator = " for ";
    for (int i = 0; i < count; i++) {
      OpenFile file = kernel.table().get(descriptors[i]);
      text.append(separator)
          .append(file == null ? "nothing" : file.kind())
          .append(' ')
          .append(descriptors[i])
          .append(' ')
          .append(Results.events(events[i]));
      separator = ", ";
    }
    return text.toString();
  }

  /** What a call that finds a foreign set answers. */
  static int await(PollSet set, int count, long timeoutNanos) {
    return set instanceof SimulatedPollSet own && count <= own.capacity()
        ? own.await(count, timeoutNanos)
        : Result.EINVAL;
  }
}
