package dev.selkie.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Pipes on one thread, each of which passes its byte to the next, and the last one to the first.
 * Peers that wait for many descriptors at once differ in how they open, wait, read and write, and
 * in nothing else. A process runs one of them, so that the calls below are no virtual ones in it.
 *
 * @param <R> the reading end of a pipe
 * @param <W> the writing end of a pipe
 */
abstract class PipeRing<R, W> implements PipesRunner.Pipes {
  private final List<W> writers = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1);
  private long reads;
  private long writes;

  /** The two ends of a pipe, neither of which makes its caller wait. */
  record Ends<R, W>(R reader, W writer) {}

  /** A pipe's reading end, and the writing end of the pipe after it: what an event leads to. */
  record Link<R, W>(R reader, W next) {}

  /** Opens all pipes and registers them. */
  final void open(int count) throws IOException {
    List<R> readers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Ends<R, W> pipe = open();
      readers.add(pipe.reader);
      writers.add(pipe.writer);
    }
    for (int i = 0; i < count; i++) {
      register(new Link<>(readers.get(i), writers.get((i + 1) % count)));
    }
  }

  abstract Ends<R, W> open() throws IOException;

  abstract void register(Link<R, W> link) throws IOException;

  /** Waits once, and gives each link that is ready to {@link #pass}. */
  abstract void await() throws IOException;

  abstract int read(R reader, ByteBuffer buffer) throws IOException;

  abstract int write(W writer, ByteBuffer buffer) throws IOException;

  @Override
  public final void write(int pipe) throws IOException {
    put(writers.get(pipe));
  }

  private void put(W writer) throws IOException {
    buffer.clear();
    if (write(writer, buffer) != 1) {
      throw PipesRunner.nothingMoved("write");
    }
  }

  @Override
  public final void serve(long reads, long writes) throws IOException {
    this.reads = reads;
    this.writes = writes;
    while (this.reads > 0) {
      await();
    }
  }

  /** Reads a link's byte and, while writes are left, passes it on. */
  final void pass(Link<R, W> link) throws IOException {
    buffer.clear();
    if (read(link.reader, buffer) != 1) {
      throw PipesRunner.nothingMoved("read");
    }
    reads--;
    if (writes > 0) {
      writes--;
      put(link.next);
    }
  }
}
