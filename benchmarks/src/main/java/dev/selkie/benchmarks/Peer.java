package dev.selkie.benchmarks;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is compared. */
enum Peer {
  /** The floor: a program in C over epoll. */
  C("c", "C, epoll"),
  /** The same over libuv, where it is installed. */
  LIBUV("libuv", "C, libuv"),
  SELKIE("selkie", "Selkie"),
  CALLBACKS("callbacks", "Selkie, callbacks"),
  /** While the flight recorder is on, with the events that are enabled unless set otherwise. */
  RECORDED("callbacks-recorded", "the same, recorded"),
  /** As under {@code selkie top}. */
  WATCHED("callbacks-watched", "the same, watched by top"),
  /** The callbacks of an earlier build. */
  BEFORE("callbacks-before", "the same, earlier build"),
  FUTURES("futures", "Selkie, futures"),
  TASKS("tasks", "Selkie, tasks"),
  FIBERS("fibers", "Selkie, mounted fibers"),
  FIBERS_OF_JDK("fibers-jdk", "Selkie, fibers on the JDK's scheduler"),
  /** By {@code select(Consumer)}, the form with the least work. */
  NIO("nio", "java.nio, select(action)"),
  /** By {@code selectedKeys()}, the form that most programs have. */
  NIO_KEYS("nio-keys", "java.nio, selectedKeys()"),
  NETTY_EPOLL("netty-epoll", "Netty epoll"),
  NETTY_NIO("netty-nio", "Netty NIO"),
  /** A hashed wheel without an event loop. */
  NETTY_WHEEL("netty-wheel", "Netty HashedWheelTimer"),
  /** By {@code ScheduledThreadPoolExecutor}, of one thread. */
  JDK("jdk", "JDK executor"),
  VIRTUAL_THREADS("vthreads", "virtual threads"),
  /** On a scheduler of one thread with nothing else: the floor of mounted fibers. */
  BARE_THREADS("vthreads-bare", "bare virtual threads"),
  GENERATOR("generator", "Selkie, generator"),
  /** The JDK's own, which virtual threads are made of: the floor of generators. */
  CONTINUATION("continuation", "bare continuation");

  /** The recorder greets on the standard output, which is for answers. */
  private static final String QUIET = "-Xlog:jfr+startup=error";

  /** Of Selkie's events and no others, so that what they cost is seen. */
  private static final String RECORDING =
      "-XX:StartFlightRecording:settings=none,"
          + Stream.of("Wait", "Batch", "SlowCallback", "Wake", "Accept", "Connect", "Close")
              .map("+dev.selkie.%s#enabled=true"::formatted)
              .collect(Collectors.joining(","));

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

  /** What its JVM needs beyond the flags of all. */
  List<String> jvmFlags() {
    return switch (this) {
      case FIBERS, BARE_THREADS, GENERATOR ->
          List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED");
      case CONTINUATION -> List.of("--add-exports", "java.base/jdk.internal.vm=ALL-UNNAMED");
      case RECORDED -> List.of(QUIET, RECORDING);
      case WATCHED ->
          List.of(
              QUIET,
              RECORDING + ",+dev.selkie.Loop#enabled=true,+dev.selkie.Connection#enabled=true");
      default -> List.of();
    };
  }

  /** The peer whose program it runs. */
  Peer program() {
    return switch (this) {
      case RECORDED, WATCHED, BEFORE -> CALLBACKS;
      default -> this;
    };
  }

  boolean isJava() {
    return this != C && this != LIBUV;
  }

  @Override
  public String toString() {
    return word;
  }
}
