package dev.selkie.simulation;

import java.util.Arrays;

/** What is under way, by time: a binary heap, which allocates only to grow. */
final class Agenda {
  private Delivery[] heap = new Delivery[16];
  private int size;
  private long orders;

  /** The time of the first, or {@link Long#MAX_VALUE}. */
  long nextTime() {
    return size == 0 ? Long.MAX_VALUE : heap[0].time;
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** Plans a delivery that is not planned. */
  void plan(Delivery delivery, long time) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size * 2);
    }
    delivery.time = time;
    delivery.order = orders++;
    up(size++, delivery);
  }

  /** Takes a delivery off, planned or not. */
  void cancel(Delivery delivery) {
    int place = delivery.place;
    if (place == Delivery.IDLE) {
      return;
    }
    delivery.place = Delivery.IDLE;
    Delivery last = heap[--size];
    clear(size);
    if (place < size) {
      up(place, last);
      down(last.place, last);
    }
  }

  /** Takes the first off. */
  Delivery take() {
    Delivery first = heap[0];
    cancel(first);
    return first;
  }

  @SuppressWarnings("NullAway") // slots from size on hold nothing
  private void clear(int slot) {
    heap[slot] = null;
  }

  private void up(int start, Delivery delivery) {
    int place = start;
    while (place > 0) {
      int parent = (place - 1) >>> 1;
      if (before(heap[parent], delivery)) {
        break;
      }
      put(place, heap[parent]);
      place = parent;
    }
    put(place, delivery);
  }

  private void down(int start, Delivery delivery) {
    int place = start;
    while (true) {
      int child = 2 * place + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && before(heap[child + 1], heap[child])) {
        child++;
      }
      if (before(delivery, heap[child])) {
        break;
      }
      put(place, heap[child]);
      place = child;
    }
    put(place, delivery);
  }

  private void put(int place, Delivery delivery) {
    heap[place] = delivery;
    delivery.place = place;
  }

  private static boolean before(Delivery a, Delivery b) {
    return a.time < b.time || (a.time == b.time && a.order < b.order);
  }
}
