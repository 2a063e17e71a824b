import dev.selkie.runtime.*;
import java.util.*;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * F4: a fiber that starts fibers, which capture what is around them; and how many there may be.
 *
 * <p>The scope waits for all that were started in it: no fiber outlives the code that knows it.
 */
static final int LIMIT = 6;

static List<String> family(EventLoop loop) throws Exception {
  List<String> said = new ArrayList<>(); // captured by all; one thread carries them
  try (Scope scope = loop.scope()) {
    for (String name : List.of("Ada", "Ben", "Cyd")) {
      scope.fork(() -> {
        for (int i = 1; i <= 2; i++) {
          said.add(name + " " + i);
          Fiber.yieldNow();
        }
        Fiber<String> child = loop.fiber(() -> "child of " + name);
        return said.add(child.join());
      });
    }
    scope.join();
  }
  return said;
}

static String crowd(EventLoop loop) {
  List<Fiber<Void>> crowd = new ArrayList<>();
  try {
    while (true) {
      crowd.add(
          loop.fiber(() -> {
            LockSupport.park(); // until it is cancelled
            return null;
          }));
    }
  } catch (RejectedExecutionException e) {
    return e.getMessage();
  } finally {
    crowd.forEach(fiber -> fiber.cancel(true));
  }
}

void main() throws Exception {
  try (EventLoop loop =
      EventLoop.builder().name("F4").mountFibers(true).fiberLimit(LIMIT + 1).start()) {
    loop.fiber(() -> family(loop)).join().forEach(IO::println);
    IO.println(loop.fiber(() -> crowd(loop)).join());
  } catch (UnsupportedOperationException e) { // not mounted, there is no order to see
    System.err.println("F4: " + e.getMessage());
    System.exit(1);
  }
}
