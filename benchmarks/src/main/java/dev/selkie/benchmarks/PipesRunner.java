package dev.selkie.benchmarks;

import java.io.IOException;

/**
 * One peer of the pipes comparison, as a process: {@code PipesRunner PEER PIPES ACTIVE}.
 *
 * <p>One byte lies in each active pipe. Each event reads one byte and, while writes are left,
 * writes one to the next pipe; a round ends when all bytes are read.
 */
final class PipesRunner {
  private PipesRunner() {}

  /** A number of pipes, each registered for reading. */
  interface Pipes {
    /** Writes a byte to a pipe. */
    void write(int pipe) throws IOException;

    /** Serves events until so many bytes have been read, with so many written on the way. */
    void serve(long reads, long writes) throws IOException, InterruptedException;
  }

  public static void main(String[] args) {
    try {
      int count = Integer.parseInt(args[1]);
      int active = Integer.parseInt(args[2]);
      Pipes pipes = open(Peer.ofWord(args[0]), count);
      ChildMain.answer("ready");
      while (true) {
        round(pipes, count, active, Long.parseLong(ChildMain.nextCommand()[1]));
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private static Pipes open(Peer peer, int count) throws IOException {
    return switch (peer) {
      case SELKIE -> new SelkiePipes(count);
      case NIO -> new NioPipes(count, true);
      case NIO_KEYS -> new NioPipes(count, false);
      case VIRTUAL_THREADS -> new VirtualThreadPipes(count);
      default -> throw new IllegalArgumentException(peer + " has no pipes");
    };
  }

  private static void round(Pipes pipes, int count, int active, long writes)
      throws IOException, InterruptedException {
    long reads = writes + active;
    for (int i = 0; i < active; i++) {
      pipes.write((int) ((long) i * count / active));
    }
    long start = System.nanoTime();
    pipes.serve(reads, writes);
    ChildMain.answer("nanos=%d events=%d", System.nanoTime() - start, reads);
  }

  static IOException nothingMoved(String call) {
    return new IOException(call + " moved no byte");
  }
}
