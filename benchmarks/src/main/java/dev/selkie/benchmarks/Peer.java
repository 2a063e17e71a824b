package dev.selkie.benchmarks;

import java.util.List;

/** What is compared. */
enum Peer {
  /** The floor: a program in C over epoll. */
  C("c", "C, epoll"),
  SELKIE("selkie", "Selkie"),
  CALLBACKS("callbacks", "Selkie, callbacks"),
  FUTURES("futures", "Selkie, futures"),
  FIBERS("fibers", "Selkie, mounted fibers"),
  FIBERS_OF_JDK("fibers-jdk", "Selkie, fibers on the JDK's scheduler"),
  /** By {@code select(Consumer)}, the form with the least work. */
  NIO("nio", "java.nio, select(action)"),
  /** By {@code selectedKeys()}, the form that most programs have. */
  NIO_KEYS("nio-keys", "java.nio, selectedKeys()"),
  NETTY_EPOLL("netty-epoll", "Netty epoll"),
  NETTY_NIO("netty-nio", "Netty NIO"),
  VIRTUAL_THREADS("vthreads", "virtual threads");

  /** The word of the command line and of the JSON file. */
  final String word;

  /** What the tables say. */
  final String title;

  Peer(String word, String title) {
    this.word = word;
    this.title = title;
  }

  static Peer ofWord(String word) {
    for (Peer peer : values()) {
      if (peer.word.equals(word)) {
        return peer;
      }
    }
    throw new IllegalArgumentException("no peer is named " + word);
  }

  /** Whether it is a style of Selkie's event loop. */
  boolean isLoop() {
    return switch (this) {
      case CALLBACKS, FUTURES, FIBERS, FIBERS_OF_JDK -> true;
      default -> false;
    };
  }

  /** What its JVM needs beyond the flags of all. */
  List<String> jvmFlags() {
    return this == FIBERS ? List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED") : List.of();
  }

  boolean isJava() {
    return this != C;
  }

  @Override
  public String toString() {
    return word;
  }
}
