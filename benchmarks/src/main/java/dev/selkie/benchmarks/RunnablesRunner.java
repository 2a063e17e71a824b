package dev.selkie.benchmarks;

import dev.selkie.runtime.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * One peer of the runnables comparison, as a process: {@code RunnablesRunner PEER}.
 *
 * <p>{@code run PRODUCERS MILLIS}: so many threads hand runnables to an executor of one thread for
 * so long; answers with how many it has run. A producer that is far ahead of the executor lets it
 * go on, so that memory is bounded.
 */
final class RunnablesRunner {
  /** How far the producers together may be ahead. */
  private static final int AHEAD = 1 << 16;

  /** After how many a producer looks. */
  private static final int BURST = 256;

  private final Executor executor;
  private volatile boolean over;

  /** Written by the executor's thread alone. */
  private volatile long ran;

  private long running;

  private RunnablesRunner(Executor executor) {
    this.executor = executor;
  }

  public static void main(String[] args) {
    try {
      RunnablesRunner runner = new RunnablesRunner(open(Peer.ofWord(args[0])));
      ChildMain.answer("ready");
      while (true) {
        String[] command = ChildMain.nextCommand();
        runner.run(Integer.parseInt(command[1]), Long.parseLong(command[2]) * 1_000_000);
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private static Executor open(Peer peer) throws Exception {
    return switch (peer) {
      case SELKIE -> EventLoop.start();
      case NETTY_EPOLL -> NettyEcho.loop(true);
      case NETTY_NIO -> NettyEcho.loop(false);
      case JDK -> Executors.newSingleThreadExecutor();
      default -> throw new IllegalArgumentException(peer + " runs no runnables");
    };
  }

  private void run(int producers, long nanos) throws InterruptedException {
    over = false;
    long before = ran;
    long start = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < producers; i++) {
      threads.add(Thread.ofPlatform().start(() -> produce(AHEAD / producers)));
    }
    long count;
    do {
      Thread.sleep(nanos / 1_000_000);
      count = ran - before;
    } while (count == 0); // a short round on a machine that is busy elsewhere
    long elapsed = System.nanoTime() - start;
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
    ChildMain.answer("nanos=%d ran=%d", elapsed, count);
  }

  private void produce(int ahead) {
    Counter counter = new Counter();
    long handedIn = 0;
    while (!over || counter.seen < handedIn) {
      if (over || handedIn - counter.seen > ahead) {
        Thread.yield();
        continue;
      }
      for (int i = 0; i < BURST; i++) {
        executor.execute(counter);
      }
      handedIn += BURST;
    }
  }

  /** What a producer hands in: it counts for itself and for all. */
  private final class Counter implements Runnable {
    private volatile long seen;
    private long own;

    @Override
    public void run() {
      own++;
      running++;
      if (own % BURST == 0) {
        seen = own;
        ran = running;
      }
    }
  }
}
