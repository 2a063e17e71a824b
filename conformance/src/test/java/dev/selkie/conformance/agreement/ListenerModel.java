package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Epoll;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;

/** A TCP listener, and the clients in its backlog. */
final class ListenerModel extends OpenModel {
  final InetSocketAddress address;

  /** The descriptors of clients that were not accepted so far. */
  final Deque<Integer> backlog = new ArrayDeque<>();

  ListenerModel(InetSocketAddress address) {
    this.address = address;
  }

  @Override
  String source() {
    return "listener";
  }

  @Override
  int must() {
    return backlog.isEmpty() ? 0 : Epoll.IN;
  }

  @Override
  int may() {
    return must();
  }

  @Override
  boolean isSettled() {
    return false;
  }

  @Override
  int edgesOfATouch() {
    return 2;
  }

  void connected(int client) {
    backlog.add(client);
    touched(Epoll.IN);
  }

  @Override
  void released() {}
}
