package dev.selkie.runtime;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A set for many threads that tells its elements in the order in which they came: in a simulation
 * that must not depend on hash codes of identities.
 */
final class Arrivals<T> {
  private final Map<T, Long> numbers = new ConcurrentHashMap<>();
  private final AtomicLong count = new AtomicLong();

  void add(T element) {
    numbers.put(element, count.getAndIncrement());
  }

  void remove(T element) {
    numbers.remove(element);
  }

  List<T> inOrder() {
    return numbers.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .toList();
  }
}
