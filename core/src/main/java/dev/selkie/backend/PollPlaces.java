package dev.selkie.backend;

import dev.selkie.kernel.PollSet;
import dev.selkie.kernel.Result;
import java.util.Arrays;
import java.util.concurrent.locks.Lock;

/**
 * What is registered with poll(2), place by place: as the changes want it, and as the waiting
 * thread has handed it to the system.
 *
 * <p>A change costs the same whatever is registered: it is noted for its place, and the waiting
 * thread brings the noted places up to date before it waits, and no others.
 */
final class PollPlaces {
  private static final int INITIAL = 16;
  private static final int NONE = NumberIndex.NONE;

  /** Interest of a number that a wait found closed. */
  private static final int GONE = 1 << 31;

  /** The first place of the system's set is the waker's. */
  private static final int FIRST = 1;

  private final Lock lock = new BargingLock();

  // As wanted; guarded by the lock. A free place has no number.
  private int[] numbers = new int[INITIAL];
  private int[] interests = new int[INITIAL];
  private long[] tokens = new long[INITIAL];
  private int size;
  private final NumberIndex placeOfNumber = new NumberIndex();
  private int[] free = new int[INITIAL];
  private int freeCount;
  private int[] changed = new int[INITIAL];
  private int changedCount;
  private boolean[] isChanged = new boolean[INITIAL];

  // As handed to the system; the waiting thread's
  private final PollSet set;
  private int[] setInterests = new int[INITIAL]; // 0: passed over
  private long[] setTokens = new long[INITIAL];
  private int setSize;

  PollPlaces(PollSet set) {
    this.set = set;
  }

  /** Registers a number; EEXIST if it is registered and was not found closed. */
  int add(int number, int interest, long token) {
    lock.lock();
    try {
      int place = placeOfNumber.get(number);
      if (place == NONE) {
        place = takePlace();
        placeOfNumber.put(number, place);
        numbers[place] = number;
      } else if (interests[place] != GONE) {
        return Result.EEXIST;
      }
      interests[place] = interest;
      tokens[place] = token;
      note(place);
      return 0;
    } finally {
      lock.unlock();
    }
  }

  /** Replaces interest and token and arms anew; EBADF if the number was found closed. */
  int modify(int number, int interest, long token) {
    lock.lock();
    try {
      int place = placeOfNumber.get(number);
      if (place == NONE) {
        return Result.ENOENT;
      }
      if (interests[place] == GONE) {
        return Result.EBADF;
      }
      interests[place] = interest;
      tokens[place] = token;
      note(place);
      return 0;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a number is registered under a token, and was not found closed. */
  boolean isRegistered(int number, long token) {
    lock.lock();
    try {
      int place = placeOfNumber.get(number);
      return place != NONE && tokens[place] == token && interests[place] != GONE;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the registration of a number. */
  int remove(int number) {
    lock.lock();
    try {
      int place = placeOfNumber.get(number);
      if (place == NONE) {
        return Result.ENOENT;
      }
      placeOfNumber.remove(number, place);
      numbers[place] = NONE;
      free[freeCount++] = place;
      note(place);
      return 0;
    } finally {
      lock.unlock();
    }
  }

  /** Ends all registrations. */
  void clear() {
    lock.lock();
    try {
      for (int place = 0; place < size; place++) {
        if (numbers[place] != NONE) {
          remove(numbers[place]);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private int takePlace() {
    if (freeCount > 0) {
      return free[--freeCount];
    }
    if (size == numbers.length) {
      int length = NumberIndex.larger(size, size + 1);
      numbers = Arrays.copyOf(numbers, length);
      interests = Arrays.copyOf(interests, length);
      tokens = Arrays.copyOf(tokens, length);
      free = Arrays.copyOf(free, length);
      changed = Arrays.copyOf(changed, length);
      isChanged = Arrays.copyOf(isChanged, length);
    }
    return size++;
  }

  private void note(int place) {
    if (!isChanged[place]) {
      isChanged[place] = true;
      changed[changedCount++] = place;
    }
  }

  /** Brings what the system is handed up to date; of the waiting thread, outside a wait. */
  void update() {
    lock.lock();
    try {
      if (setTokens.length < numbers.length) {
        setInterests = Arrays.copyOf(setInterests, numbers.length);
        setTokens = Arrays.copyOf(setTokens, numbers.length);
        set.grow(FIRST + numbers.length);
      }
      for (int i = 0; i < changedCount; i++) {
        int place = changed[i];
        isChanged[place] = false;
        if (numbers[place] != NONE) {
          setTokens[place] = tokens[place];
          setInterests[place] = interests[place] == GONE ? 0 : interests[place];
          hand(place);
        }
      }
      changedCount = 0;
      while (freeCount > 0) {
        fill(free[--freeCount]);
      }
      setSize = size;
    } finally {
      lock.unlock();
    }
  }

  /** Moves the last place to a free one, so that the system looks at none for nothing. */
  private void fill(int place) {
    while (size > 0 && numbers[size - 1] == NONE) {
      size--;
    }
    if (place >= size) {
      return;
    }
    int last = --size;
    numbers[place] = numbers[last];
    interests[place] = interests[last];
    tokens[place] = tokens[last];
    placeOfNumber.put(numbers[place], place);
    numbers[last] = NONE;
    setTokens[place] = setTokens[last];
    setInterests[place] = setInterests[last]; // a disarmed one stays so
    hand(place);
  }

  private void hand(int place) {
    int interest = setInterests[place];
    boolean asks = (interest & Readiness.CONDITIONS) != 0;
    set.set(FIRST + place, asks ? numbers[place] : NONE, PollEvents.asked(interest));
  }

  /** How many places the system was handed, without the waker's; the waiting thread's. */
  int size() {
    return setSize;
  }

  /** The bits that the wait found at a place; the waiting thread's. */
  int happened(int place) {
    return set.happened(FIRST + place);
  }

  /** Whose the place was as the wait began; the waiting thread's. */
  long token(int place) {
    return setTokens[place];
  }

  /** Whether nobody has changed a place since the wait began. */
  boolean isCurrent(int place) {
    lock.lock();
    try {
      return !isChanged[place];
    } finally {
      lock.unlock();
    }
  }

  /** Disarms a place that was reported, if it is to be reported once; the waiting thread's. */
  void reported(int place) {
    if ((setInterests[place] & Readiness.ONE_SHOT) != 0) {
      disarm(place);
    }
  }

  /** Notes that a wait found the number of a place closed; the waiting thread's. */
  void closed(int place) {
    lock.lock();
    try {
      disarm(place);
      if (place < size && numbers[place] != NONE && tokens[place] == setTokens[place]) {
        interests[place] = GONE;
      }
    } finally {
      lock.unlock();
    }
  }

  private void disarm(int place) {
    setInterests[place] = 0;
    set.set(FIRST + place, NONE, 0);
  }
}
