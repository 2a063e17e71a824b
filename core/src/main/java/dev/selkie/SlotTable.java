package dev.selkie;

import dev.selkie.backend.NumberIndex;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registrations of a queue, found by token and by descriptor number.
 *
 * <p>A token is a slot and the generation of its tenant. Changes are serialized by the queue's
 * lock; {@link #find} needs none.
 */
final class SlotTable<A> {
  private static final VarHandle ELEMENT =
      MethodHandles.arrayElementVarHandle(Registration[].class);
  private static final int NONE = NumberIndex.NONE;
  private static final int INITIAL = 16;

  private volatile @Nullable Registration<A>[] slots = newSlots(INITIAL);

  // guarded by the queue's lock
  private int[] generations = new int[INITIAL];
  private int[] nextFree = new int[INITIAL];
  private int firstFree = NONE;
  private int used;
  private volatile int live;
  private final NumberIndex slotOfNumber = new NumberIndex();

  /** The live registration that a token names, or null; any thread may ask. */
  @Nullable Registration<A> find(long token) {
    int slot = (int) token;
    @Nullable Registration<A>[] table = slots;
    if (slot < 0 || slot >= table.length) {
      return null;
    }
    Registration<A> registration = at(table, slot);
    return registration != null && registration.token() == token ? registration : null;
  }

  /** The live registration of a descriptor's number, or null. */
  @Nullable Registration<A> ofNumber(int number) {
    int slot = slotOfNumber.get(number);
    return slot == NONE ? null : slots[slot];
  }

  /** A free slot's token, to be given to {@link #put}; taken until {@link #remove}. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // under the queue's lock
  long allocate() {
    int slot = firstFree;
    if (slot == NONE) {
      slot = used;
      if (slot == generations.length) {
        grow();
      }
      used++;
    } else {
      firstFree = nextFree[slot];
    }
    live++;
    return (long) generations[slot] << 32 | slot;
  }

  /** Publishes a registration under its token. */
  void put(Registration<A> registration) {
    ELEMENT.setVolatile(slots, (int) registration.token(), registration);
  }

  /** Makes the registration the one of its descriptor's number. */
  void index(Registration<A> registration) {
    slotOfNumber.put(registration.lifetime().number(), (int) registration.token());
  }

  /** Frees the slot, and the number unless another registration has it by now. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // under the queue's lock
  void remove(Registration<A> registration) {
    int slot = (int) registration.token();
    ELEMENT.setVolatile(slots, slot, null);
    generations[slot] = nextGeneration(generations[slot]);
    nextFree[slot] = firstFree;
    firstFree = slot;
    live--;
    slotOfNumber.remove(registration.lifetime().number(), slot);
  }

  /** How many registrations live; any thread may ask. */
  int size() {
    return live;
  }

  void forEach(Consumer<? super Registration<A>> action) {
    for (Registration<A> registration : slots) {
      if (registration != null) {
        action.accept(registration);
      }
    }
  }

  /** Generations stay below 2^31 - 1, so that no token is the waker's. */
  private static int nextGeneration(int generation) {
    return generation == Integer.MAX_VALUE - 1 ? 0 : generation + 1;
  }

  private void grow() {
    int capacity = NumberIndex.larger(generations.length, generations.length + 1);
    generations = Arrays.copyOf(generations, capacity);
    nextFree = Arrays.copyOf(nextFree, capacity);
    slots = Arrays.copyOf(slots, capacity);
  }

  @SuppressWarnings("unchecked") // an array of null elements
  private static <A> @Nullable Registration<A>[] newSlots(int length) {
    return (@Nullable Registration<A>[]) new Registration<?>[length];
  }

  @SuppressWarnings("unchecked") // the array holds nothing else
  private static <A> @Nullable Registration<A> at(@Nullable Registration<A>[] table, int slot) {
    return (Registration<A>) ELEMENT.getVolatile(table, slot);
  }
}
