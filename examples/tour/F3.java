import dev.selkie.runtime.*;

/**
 * F3: two fibers that count, on one thread, and give way after each step.
 *
 * <p>A fiber keeps its place in the code, and its locals, while another one runs. Mounted on the
 * thread of their loop, fibers take turns in one order: the lines alternate until the shorter count
 * is over.
 */
static Void count(String name, int limit) {
  for (int i = 0; i < limit; i++) { // i lives on the fiber's own stack
    IO.println(name + ": " + i);
    Fiber.yieldNow();
  }
  IO.println(name + " has ended");
  return null;
}

void main() throws Exception {
  try (EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
    Fiber<Void> both =
        loop.fiber(() -> { // so that neither runs before the other is there
          Fiber<Void> first = loop.fiber(() -> count("first", 10));
          Fiber<Void> second = loop.fiber(() -> count("second", 15));
          first.join();
          return second.join();
        });
    both.join();
  } catch (UnsupportedOperationException e) { // not mounted, there is no order to see
    System.err.println("F3: " + e.getMessage());
    System.exit(1);
  }
}
