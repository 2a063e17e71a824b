package dev.selkie.benchmarks;

/** What is compared. */
enum Peer {
  /** The floor: a program in C over epoll. */
  C("c", "C, epoll"),
  SELKIE("selkie", "Selkie"),
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

  boolean isJava() {
    return this != C;
  }

  @Override
  public String toString() {
    return word;
  }
}
