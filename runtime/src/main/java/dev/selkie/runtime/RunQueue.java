package dev.selkie.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a loop has to run, in order of arrival; each producer's in the order it was given. */
final class RunQueue {
  /*
   * The owner, the thread that runs the loop's turns, has a ring of its own and pays nothing for
   * others. They append to a linked list without a lock (D. Vyukov, "Non-intrusive MPSC node-based
   * queue"): one exchange of the tail, then the link from the node before. Between the two the list
   * is cut for the owner, who sees by the tail that more is coming. The owner moves the list to the
   * ring at each turn.
   */
  private static final VarHandle TAIL;
  private static final VarHandle NEXT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TAIL = lookup.findVarHandle(RunQueue.class, "tail", Node.class);
      NEXT = lookup.findVarHandle(Node.class, "next", Node.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private @Nullable Runnable[] ring = new @Nullable Runnable[64]; // a power of two
  private int first;
  private int count;
  private Node head = new Node(null);
  private volatile Node tail = head;

  /** Appends; the owner alone. */
  void add(Runnable runnable) {
    if (count == ring.length) {
      grow();
    }
    ring[(first + count++) & (ring.length - 1)] = runnable;
  }

  /** Appends; any thread. The owner may be asleep. */
  void offer(Runnable runnable) {
    Node node = new Node(runnable);
    Node before = (Node) TAIL.getAndSet(this, node);
    NEXT.setRelease(before, node);
  }

  /** Takes in what others have offered; the owner alone. */
  void takeIn() {
    for (Node next = next(); next != null; next = next()) {
      add(Objects.requireNonNull(next.runnable));
      next.runnable = null;
      head = next;
    }
  }

  private @Nullable Node next() {
    return (Node) NEXT.getAcquire(head);
  }

  /** The next to run, or null; the owner alone. */
  @Nullable Runnable poll() {
    if (count == 0) {
      return null;
    }
    Runnable runnable = ring[first];
    ring[first] = null;
    first = (first + 1) & (ring.length - 1);
    count--;
    return runnable;
  }

  /** How many the ring holds; the owner alone. */
  int size() {
    return count;
  }

  /** Whether there is nothing to run, nor anything on its way; the owner alone. */
  boolean isEmpty() {
    return count == 0 && tail == head;
  }

  private void grow() {
    int length = ring.length;
    @Nullable Runnable[] larger = Arrays.copyOf(ring, length * 2);
    System.arraycopy(ring, 0, larger, length, first);
    Arrays.fill(larger, 0, first, null);
    ring = larger;
  }

  private static final class Node {
    @Nullable Runnable runnable;

    @SuppressWarnings("unused") // by NEXT
    private @Nullable Node next;

    Node(@Nullable Runnable runnable) {
      this.runnable = runnable;
    }
  }
}
