import static java.lang.foreign.ValueLayout.*;

import dev.selkie.*;
import dev.selkie.runtime.EventLoop;
import dev.selkie.source.PipePair;
import java.lang.foreign.*;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Selkie inside a loop of somebody else, here one of poll(2) as a C program has it: an event queue
 * and an event loop, each by its descriptor, in one foreign wait.
 *
 * <p>Whoever waits elsewhere needs three things: the descriptor, which is readable when a wait
 * would return something; a wait that does not wait ({@code queue.poll()}, {@code
 * loop.runOnce(Duration.ZERO)}); and, of an event loop, the time of its next deadline, for which
 * the foreign wait must not be too long.
 */
static final int POLLIN = 1;

void main() throws Throwable {
  Linker linker = Linker.nativeLinker();
  var poll =
      linker.downcallHandle(
          linker.defaultLookup().findOrThrow("poll"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  try (Arena arena = Arena.ofConfined();
      EventQueue<String> queue = EventQueue.open();
      PipePair pipe = PipePair.open();
      EventLoop loop = EventLoop.builder().open()) {
    queue.register(pipe.reader(), Interest.READABLE, "pipe");
    var ticks =
        loop.scheduleAtFixedRate(
            () -> IO.println("loop: a tick"), 20, 20, TimeUnit.MILLISECONDS);
    var last =
        loop.schedule(
            () -> pipe.writer().write(ByteBuffer.allocate(1)), 70, TimeUnit.MILLISECONDS);

    MemorySegment entries = arena.allocate(2 * 8, 4); // struct pollfd: number, asked, found
    entries.set(JAVA_INT, 0, queue.descriptor().number());
    entries.set(JAVA_SHORT, 4, (short) POLLIN);
    entries.set(JAVA_INT, 8, loop.descriptor().number());
    entries.set(JAVA_SHORT, 12, (short) POLLIN);

    for (boolean on = true; on; ) {
      long nanos = loop.nanosToNextDeadline();
      int millis = nanos < 0 ? -1 : (int) Math.min(60_000, (nanos + 999_999) / 1_000_000);
      int found = (int) poll.invokeExact(entries, 2L, millis);
      loop.runOnce(Duration.ZERO); // what is due, what is ready
      for (Event<String> event : queue.poll()) {
        IO.println("queue: " + event.attachment());
        on = false;
      }
    }
    ticks.cancel(false);
    IO.println("written: " + last.get());
  }
}
