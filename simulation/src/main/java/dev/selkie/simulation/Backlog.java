package dev.selkie.simulation;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The connections of a listener that wait to be accepted. */
final class Backlog {
  /** net.core.somaxconn. */
  private static final int MOST = 4096;

  private final ArrayDeque<TcpSocket> connections = new ArrayDeque<>(0);
  private int limit;

  /** The argument of listen(2): negative or large for the most there may be. */
  void limit(int asked) {
    limit = asked < 0 || asked > MOST ? MOST : asked;
  }

  /** Linux takes one more than it was told. */
  boolean isFull() {
    return connections.size() > limit;
  }

  int size() {
    return connections.size();
  }

  void add(TcpSocket connection) {
    connections.add(connection);
  }

  @Nullable TcpSocket first() {
    return connections.peek();
  }

  void removeFirst() {
    connections.remove();
  }

  /** Resets those who wait. */
  void dropAll() {
    for (TcpSocket connection : connections) {
      connection.vanish();
    }
    connections.clear();
  }
}
