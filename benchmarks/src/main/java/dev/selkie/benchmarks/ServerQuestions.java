package dev.selkie.benchmarks;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * What a server is asked while it runs, on a thread that is idle until then: {@code memory}, the
 * bytes of heap and direct buffers after a collection; {@code cpu}, the CPU time of the process so
 * far, all its threads, in nanoseconds; {@code count}, that and what the server has counted; {@code
 * idle MILLIS}, the CPU time that the process, and its first thread, uses in so long. It ends the
 * process at the end of standard input.
 */
final class ServerQuestions {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final long main;
  private final Object counted;

  private ServerQuestions(long main, Object counted) {
    this.main = main;
    this.counted = counted;
  }

  /** Answers from now on, about the server that runs on the calling thread and counts nothing. */
  static void answer() {
    answer("");
  }

  /** Answers from now on; what the server counts says its own text. */
  static void answer(Object counted) {
    ServerQuestions questions = new ServerQuestions(Thread.currentThread().threadId(), counted);
    Thread.ofPlatform().daemon().name("questions").start(questions::run);
  }

  private void run() {
    try {
      while (true) {
        String[] command = ChildMain.nextCommand();
        switch (command[0]) {
          case "memory" -> memory();
          case "cpu" -> ChildMain.answer("cpu=%d", CpuClock.nanos());
          case "count" -> ChildMain.answer("%s cpu=%d", counted, CpuClock.nanos());
          case "idle" -> idle(Long.parseLong(command[1]));
          default -> throw new IllegalArgumentException(command[0]);
        }
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private static void memory() {
    System.gc();
    System.gc(); // what the first one has made free by its references
    long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      bytes += pool.getMemoryUsed();
    }
    ChildMain.answer("bytes=%d", bytes);
  }

  private void idle(long millis) throws InterruptedException {
    long process = CpuClock.nanos();
    long thread = THREADS.getThreadCpuTime(main);
    Thread.sleep(millis);
    ChildMain.answer(
        "process=%d main=%d", CpuClock.nanos() - process, THREADS.getThreadCpuTime(main) - thread);
  }
}
