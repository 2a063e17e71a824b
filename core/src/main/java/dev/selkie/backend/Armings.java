package dev.selkie.backend;

import java.util.Arrays;

/**
 * A list of armings, by what the kernel carries of them, each with the filters that are meant.
 * Guarded by the backend's lock, but for {@link #size}.
 */
final class Armings {
  private final KnoteTable table;
  private long[] identities = new long[16];
  private int[] filters = new int[16];
  private volatile int size;

  Armings(KnoteTable table) {
    this.table = table;
  }

  int size() {
    return size;
  }

  long identity(int index) {
    return identities[index];
  }

  int filters(int index) {
    return filters[index];
  }

  void clear() {
    size = 0;
  }

  /** Adds an arming; those that are over make room, so that the list is as long as is live. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // under the backend's lock
  void add(long identity, int meant) {
    if (size == identities.length) {
      dropOver();
      if (size > identities.length / 2) {
        identities = Arrays.copyOf(identities, 2 * identities.length);
        filters = Arrays.copyOf(filters, identities.length);
      }
    }
    identities[size] = identity;
    filters[size] = meant;
    size++;
  }

  private void dropOver() {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (KqueueEvents.isPresent(table, identities[i])) {
        identities[kept] = identities[i];
        filters[kept++] = filters[i];
      }
    }
    size = kept;
  }
}
