package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.net.TcpOption;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.PipePair;
import dev.selkie.source.PseudoTerminal;
import dev.selkie.source.SignalEvent;
import dev.selkie.source.SignalSource;
import dev.selkie.source.Terminal;
import dev.selkie.source.Tick;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * In the steady state a wait, an event, a read and a write allocate nothing.
 *
 * <p>Every operation runs in turn with all others, since the compiler removes a buffer's wrapper
 * only as long as it sees one kind of buffer. The JIT settles in its own time: the run is repeated
 * until none of the operations has allocated in its rounds, and must get there before the deadline.
 * The bound is 0 and not a mean below 1, since the thread's own counter is exact.
 */
@ExtendWith(DescriptorLeaks.class)
final class AllocationCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final Duration DEADLINE = Duration.ofSeconds(40);
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final int[] SIZES = {64, 1 << 14, 1 << 16};
  private static final int ROUNDS = 20_000;

  /** Large transfers cost a hundred times a small one, and show an allocation as well. */
  private static final int LARGE_ROUNDS = 1_000;

  private final Configuration configuration = Configurations.all().getFirst();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, Operation> operations = new LinkedHashMap<>();
  private final Map<String, Integer> rounds = new LinkedHashMap<>();
  private final Arena arena = Arena.ofAuto();

  private interface Operation {
    void run() throws IOException;
  }

  @BeforeEach
  void operations() throws IOException {
    TcpPair tcp = closing(TcpPair.open(configuration, configuration.kernel()));
    tcp.client().set(TcpOption.SEND_BUFFER, 1 << 18);
    PipePair pipe = closing(PipePair.open(configuration.kernel()));
    RawPair raw = closing(RawPair.open(configuration.kernel()));
    for (int size : SIZES) {
      transfers("tcp", tcp.client(), tcp.server(), size);
      transfers("pipe", pipe.writer(), pipe.reader(), size);
      transfers("raw", raw.one(), raw.other(), size);
    }
    sharedTerminal(closing(PseudoTerminal.open(configuration.kernel())));
    for (Configuration each : machines()) {
      waits(each);
    }
  }

  /** A terminal whose open file is in blocking mode, and is asked before each read. */
  private void sharedTerminal(PseudoTerminal pair) throws IOException {
    closing(pair.slave().enterRawMode());
    int number = pair.slave().descriptor().number();
    configuration.kernel().files().setNonBlocking(number, false);
    Terminal shared = closing(Terminal.of(configuration.kernel(), number));
    transfers("terminal", pair.master(), shared, 2 * SIZES[0]);
  }

  /** The cost of a simulated kernel is its own. */
  static List<Configuration> machines() {
    return Configurations.all().stream().filter(Configuration::isMachine).toList();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  private <T extends AutoCloseable> T closing(T resource) {
    open.add(resource);
    return resource;
  }

  private void add(String name, int count, Operation operation) {
    operations.put(name, operation);
    rounds.put(name, count);
  }

  private void transfers(String path, ByteOutput output, ByteInput input, int size) {
    int count = size == SIZES[0] ? ROUNDS : LARGE_ROUNDS;
    ByteBuffer heap = ByteBuffer.allocate(size + 8).position(8).slice();
    ByteBuffer otherHeap = ByteBuffer.allocate(size);
    ByteBuffer direct = ByteBuffer.allocateDirect(size);
    ByteBuffer otherDirect = ByteBuffer.allocateDirect(size);
    String name = path + " " + size + " ";
    add(name + "heap to direct", count, () -> transfer(output, input, heap, direct));
    add(name + "direct to heap", count, () -> transfer(output, input, direct, heap));
    ByteBuffer readOnly = heap.asReadOnlyBuffer();
    add(name + "read-only heap to heap", count, () -> transfer(output, input, readOnly, otherHeap));
    ByteBuffer readOnlyDirect = direct.asReadOnlyBuffer();
    add(
        name + "read-only direct to direct",
        count,
        () -> transfer(output, input, readOnlyDirect, otherDirect));
    segments(name, count, output, input, size);
    ByteBuffer[] from = {heap.duplicate(), direct.duplicate(), readOnly.duplicate()};
    ByteBuffer[] to = {ByteBuffer.allocateDirect(size), ByteBuffer.allocate(size)};
    add(name + "vectored", count, () -> vectored(output, input, from, to));
  }

  private void segments(String name, int count, ByteOutput output, ByteInput input, int size) {
    MemorySegment nativeSegment = arena.allocate(size);
    MemorySegment heapSegment = MemorySegment.ofArray(new byte[size]);
    MemorySegment ofDirect = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(size));
    add(
        name + "native segment to heap segment",
        count,
        () -> transfer(output, input, nativeSegment, heapSegment));
    add(
        name + "heap segment to direct's segment",
        count,
        () -> transfer(output, input, heapSegment, ofDirect));
  }

  /** Moves all that the source holds; a part at a time, where the system takes less. */
  private static void transfer(
      ByteOutput output, ByteInput input, ByteBuffer source, ByteBuffer target) throws IOException {
    source.clear();
    target.clear().limit(source.capacity());
    while (source.hasRemaining() || target.hasRemaining()) {
      output.write(source);
      input.read(target);
    }
  }

  private static void transfer(
      ByteOutput output, ByteInput input, MemorySegment source, MemorySegment target)
      throws IOException {
    long left = Math.max(0, output.write(source));
    while (left > 0) {
      left -= Math.max(0, input.read(target));
    }
  }

  private static void vectored(
      ByteOutput output, ByteInput input, ByteBuffer[] from, ByteBuffer[] to) throws IOException {
    for (int i = 0; i < from.length; i++) {
      from[i].clear();
    }
    for (int i = 0; i < to.length; i++) {
      to[i].clear();
    }
    long left = Math.max(0, output.write(from, 0, from.length));
    while (left > 0) {
      for (int i = 0; i < to.length; i++) {
        to[i].clear();
      }
      left -= Math.max(0, input.read(to));
    }
  }

  private void waits(Configuration on) throws IOException {
    RawPair ready = closing(RawPair.open(on.kernel()));
    ready.one().write(ByteBuffer.allocate(1));
    EventQueue<String> idle = closing(on.queue(on.kernel()));
    EventQueue<String> level = closing(on.queue(on.kernel()));
    level.register(ready.other(), Interest.READABLE, "level");
    level.register(ready.one(), Interest.WRITABLE, "writable");
    add(on + " poll, nothing ready", ROUNDS, idle::poll);
    add(on + " await in time, nothing ready", LARGE_ROUNDS, () -> idle.awaitNanos(1_000));
    add(on + " await and iterate", ROUNDS, () -> iterate(level.await()));
    add(on + " await in time and iterate", ROUNDS, () -> iterate(level.await(SOON)));
    add(on + " poll and take", ROUNDS, () -> take(level.poll()));
    add(
        on + " wake and await",
        ROUNDS,
        () -> {
          idle.wake();
          idle.await();
        });
    changes(on, ready);
    ticks(on);
  }

  private void ticks(Configuration on) throws IOException {
    EventQueue<String> queue = closing(on.queue(on.kernel()));
    IntervalTimer timer = closing(IntervalTimer.open(on.kernel()));
    queue.register(timer, Interest.READABLE, "timer");
    Duration interval = Duration.ofNanos(200_000);
    add( // so often that it is compiled, as the ticks alone are in no time that a test has
        on + " timer, started and stopped",
        ROUNDS,
        () -> {
          timer.startEvery(interval);
          timer.stop();
        });
    add(
        on + " twenty ticks",
        LARGE_ROUNDS / 20,
        () -> {
          timer.startEvery(interval); // nobody has taken what came since the last
          for (int i = 0; i < 20; i++) {
            iterate(queue.await());
            Tick tick = timer.poll();
            if (tick == null || tick.clockWasSet()) {
              throw new AssertionError("no tick");
            }
          }
        });
  }

  private void changes(Configuration on, RawPair ready) throws IOException {
    if (on.has(Ability.EDGE)) {
      EventQueue<String> edge = closing(on.queue(on.kernel()));
      Registration<String> edges =
          edge.register(ready.other(), Interest.READABLE_WRITABLE.edge(), "edge");
      add(
          on + " edge, modified",
          ROUNDS,
          () -> {
            edges.modify(Interest.READABLE_WRITABLE.edge(), "edge");
            take(edge.await());
          });
    }
    EventQueue<String> oneShot = closing(on.queue(on.kernel()));
    Registration<String> shots =
        oneShot.register(ready.other(), Interest.READABLE.oneShot(), "one-shot");
    add(
        on + " one-shot, rearmed",
        ROUNDS,
        () -> {
          shots.rearm();
          iterate(oneShot.await());
        });
  }

  private static void iterate(Events<String> events) {
    int seen = 0;
    for (Event<String> event : events) {
      seen += event.isReadable() || event.isWritable() ? event.attachment().length() : 0;
    }
    if (seen == 0) {
      throw new AssertionError("no event");
    }
  }

  private static void take(Events<String> events) {
    int seen = 0;
    for (Event<String> event = events.next(); event != null; event = events.next()) {
      seen += event.registration().isValid() ? 1 : 0;
    }
    if (seen == 0) {
      throw new AssertionError("no event");
    }
  }

  @Test
  @Timeout(60)
  void nothingIsAllocatedByAWaitAnEventAReadOrAWrite() throws IOException {
    long end = System.nanoTime() + DEADLINE.toNanos();
    assertThat(segmentsOfAllKinds()).isNotZero();
    run(operations.keySet()); // all, so that each is compiled with the others known
    Map<String, Long> allocated = run(operations.keySet());
    while (!allocated.isEmpty() && System.nanoTime() < end) {
      allocated = run(allocated.keySet());
    }
    assertThat(allocated).as("bytes allocated by operation").isEmpty();
  }

  /** What the rest of a program does, so that the profiles of the JDK's methods know every kind. */
  private static long segmentsOfAllKinds() {
    ByteBuffer[] buffers = {
      ByteBuffer.allocate(8),
      ByteBuffer.allocate(8).asReadOnlyBuffer(),
      ByteBuffer.allocateDirect(8),
      ByteBuffer.allocateDirect(8).asReadOnlyBuffer()
    };
    long sum = 0;
    for (int i = 0; i < ROUNDS; i++) {
      sum += MemorySegment.ofBuffer(buffers[i % buffers.length]).address();
    }
    return sum;
  }

  /** Runs operations, each its number of times: the bytes that each allocated, if any. */
  private Map<String, Long> run(Set<String> names) throws IOException {
    Map<String, Long> allocated = new LinkedHashMap<>();
    for (String name : names) {
      Operation operation = operations.get(name);
      int count = rounds.get(name);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < count; i++) {
        operation.run();
      }
      long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
      if (bytes > 0) {
        allocated.put(name, bytes);
      }
    }
    return allocated;
  }

  @ParameterizedTest
  @MethodSource("machines")
  @Timeout(60)
  void nothingIsAllocatedByAWakeNorByTheWaitThatItEnds(Configuration on) throws Exception {
    EventQueue<String> queue = closing(on.queue(on.kernel()));
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong wakersBytes = new AtomicLong(Long.MAX_VALUE);
    Thread waker =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.get()) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < ROUNDS; i++) {
                  queue.wake();
                }
                long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
                wakersBytes.accumulateAndGet(bytes, Math::min);
              }
            });
    long end = System.nanoTime() + DEADLINE.toNanos();
    long waitersBytes = Long.MAX_VALUE;
    while ((waitersBytes > 0 || wakersBytes.get() > 0) && System.nanoTime() < end) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < LARGE_ROUNDS; i++) {
        queue.await();
      }
      waitersBytes = Math.min(waitersBytes, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    done.set(true);
    waker.join();
    assertThat(waitersBytes).as("bytes of the waiting thread").isZero();
    assertThat(wakersBytes.get()).as("bytes of the waking thread").isZero();
  }

  /** The JVM starts a thread for each signal that it takes: that is its own. */
  @ParameterizedTest
  @MethodSource("machines")
  @Timeout(60)
  void aSignalThatIsTakenAllocatesNothing(Configuration on) throws IOException {
    EventQueue<String> queue = closing(on.queue(on.kernel()));
    SignalSource source = closing(SignalSource.of(on.kernel(), "URG", "WINCH"));
    queue.register(source, Interest.READABLE, "signals");
    long end = System.nanoTime() + DEADLINE.toNanos();
    long bytes = Long.MAX_VALUE;
    while (bytes > 0 && System.nanoTime() < end) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < LARGE_ROUNDS; i++) {
        Raise.urgent();
        SignalEvent event = null;
        while (event == null) {
          take(queue.await());
          event = source.poll();
        }
      }
      bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(bytes).isZero();
  }

  @Test
  @Timeout(60)
  void thePollOfAChildThatLivesAllocatesNothing() throws IOException {
    try (ChildProcess child =
        ChildPrograms.quiet(configuration.kernel(), "sleep", "1000").start()) {
      long end = System.nanoTime() + DEADLINE.toNanos();
      long bytes = Long.MAX_VALUE;
      while (bytes > 0 && System.nanoTime() < end) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
          if (child.poll() != null) {
            throw new AssertionError(child.toString());
          }
        }
        bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
      }
      child.kill("KILL");
      Ready.await(configuration, child, Interest.READABLE);
      assertThat(child.poll()).isNotNull(); // it is reaped here, and nobody else has to
      assertThat(bytes).isZero();
    }
  }
}
