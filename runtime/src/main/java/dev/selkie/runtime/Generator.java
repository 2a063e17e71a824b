package dev.selkie.runtime;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Items that code in sequence makes one by one, as they are asked for.
 *
 * <pre>{@code
 * try (Generator<Integer> squares =
 *     Generator.of(out -> {
 *       for (int i = 1; ; i++) {
 *         out.yield(i * i);
 *       }
 *     })) {
 *   for (int square : squares) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>The producer is a virtual thread that goes on while an item is asked for, and is parked
 * otherwise: nothing is made ahead. Where virtual threads can be mounted ({@link EventLoop}), it
 * runs on the thread that asks, or on the loop of the fiber that does, and no other thread has a
 * part in it; otherwise on the JDK's scheduler. It may wait for anything, during which who asks
 * waits; asked on a loop's own thread outside a fiber, it is refused to wait for that loop, with
 * {@link IllegalStateException}. Virtual threads that it starts run on the JDK's scheduler.
 *
 * <p>A virtual thread is not unmounted inside a class initialiser or a native method: a fiber that
 * asks there, or a producer that yields there, where the other needs the thread that it holds, is
 * refused with {@link IllegalStateException}. This is looked at when a thread asks, or yields, for
 * the first time; if it comes to such a place later, the two wait for each other.
 *
 * <p><b>The end.</b> {@link #close} before the end of the items has {@code yield} throw, so that
 * the producer ends by its {@code finally}. A generator that nobody knows any more is closed so by
 * the collector, on a thread elsewhere; but one that was made on the thread of a {@linkplain
 * EventLoopBuilder#confinedTo confined} loop is left as it is, and a log entry says so: nothing
 * there may depend on the pace of the collector. What the producer throws is thrown to who asks; a
 * checked exception in a {@link CompletionException}.
 *
 * <p><b>Interrupts.</b> An interrupt of who waits for an item interrupts the producer, and stays.
 * One that comes while the producer runs on the asking thread is seen at the next {@code yield}; if
 * it comes in the moment in which the producer starts to wait for something else, the JDK loses it.
 *
 * <p><b>Concurrency.</b> Any thread may ask, one at a time; another one, and the producer itself,
 * are refused with {@link IllegalStateException}. What was done before an item was asked for, or
 * yielded, is visible after it. The items are those of one pass: whichever iterator asks goes on
 * where the last one stopped.
 *
 * @param <T> the type of the items; not null
 */
public final class Generator<T> implements Iterable<T>, AutoCloseable {
  /** What makes the items. */
  @FunctionalInterface
  public interface Producer<T> {
    /** Makes the items, in its own thread, as they are asked for. */
    void produce(Yielder<T> out) throws Exception;
  }

  /** Where a producer hands its items out. */
  public interface Yielder<T> {
    /**
     * Hands out an item, and returns when the next one is asked for.
     *
     * @throws java.util.concurrent.CancellationException if the generator is closed instead: let it
     *     pass
     * @throws IllegalStateException on another thread than the producer's
     */
    @SuppressWarnings("NamedLikeContextualKeyword") // it is what yields
    void yield(T item);
  }

  private static final Cleaner CLEANER = Cleaner.create();

  /*
   * The producer's thread knows the production and not this, so that this can be found unreachable
   * while the thread is parked.
   */
  private final Production<T> production;

  private final Cleaner.Cleanable cleanable;

  private Generator(Production<T> production) {
    this.production = production;
    this.cleanable = CLEANER.register(this, () -> closeElsewhere(production));
  }

  private static void closeElsewhere(Production<?> production) {
    if (!production.isOver()) {
      Offloading.SHARED.execute(production::abandon);
    }
  }

  /** A generator whose producer begins when the first item is asked for. */
  public static <T> Generator<T> of(Producer<T> producer) {
    return of(producer, Mounting.obstacle() == null);
  }

  /** The same, mounted or on the JDK's scheduler. */
  static <T> Generator<T> of(Producer<T> producer, boolean mounted) {
    return new Generator<>(new Production<>(Objects.requireNonNull(producer, "producer"), mounted));
  }

  /** What asks for the items that are left. */
  @Override
  public Iterator<T> iterator() {
    return new Asking();
  }

  /** The items that are left, in order; closing the stream closes the generator. */
  public Stream<T> stream() {
    Spliterator<T> items =
        Spliterators.spliteratorUnknownSize(iterator(), Spliterator.ORDERED | Spliterator.NONNULL);
    return StreamSupport.stream(items, false).onClose(this::close);
  }

  /**
   * Ends the producer, and returns when it has ended. It throws what that throws, but for the
   * exception that ended it.
   */
  @Override
  public void close() {
    try {
      production.close();
    } finally {
      if (production.isOver()) {
        cleanable.clean();
      }
    }
  }

  private final class Asking implements Iterator<T> {
    @Override
    public boolean hasNext() {
      try {
        return production.hasNext();
      } finally {
        Reference.reachabilityFence(Generator.this); // nobody closes it meanwhile
      }
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the generator has ended");
      }
      return production.take();
    }
  }
}
