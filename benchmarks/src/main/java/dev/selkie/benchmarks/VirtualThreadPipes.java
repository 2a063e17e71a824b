package dev.selkie.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A virtual thread that blocks in a read for each pipe. They start with the first byte of a round,
 * so that its first bytes are written within the measured time, as many as there are active pipes.
 */
final class VirtualThreadPipes implements PipesRunner.Pipes {
  private static final int DEADLINE_SECONDS = 60;

  private final Pipe[] pipes;
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong writes = new AtomicLong();
  private final ByteBuffer first = ByteBuffer.allocateDirect(1);
  private final List<Integer> active = new ArrayList<>();
  private volatile CountDownLatch done = new CountDownLatch(1);

  VirtualThreadPipes(int count) throws IOException {
    pipes = new Pipe[count];
    for (int i = 0; i < count; i++) {
      pipes[i] = Pipe.open();
    }
    for (int i = 0; i < count; i++) {
      Pipe.SourceChannel source = pipes[i].source();
      Pipe.SinkChannel next = pipes[(i + 1) % count].sink();
      Thread.startVirtualThread(() -> pass(source, next));
    }
  }

  private void pass(Pipe.SourceChannel source, Pipe.SinkChannel next) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1);
    try {
      while (true) {
        buffer.clear();
        if (source.read(buffer) != 1) {
          throw PipesRunner.nothingMoved("read");
        }
        if (writes.getAndDecrement() > 0) {
          buffer.clear();
          next.write(buffer);
        }
        if (reads.decrementAndGet() == 0) {
          done.countDown();
        }
      }
    } catch (IOException e) {
      ChildMain.fail(e);
    }
  }

  @Override
  public void write(int pipe) {
    active.add(pipe);
  }

  @Override
  public void serve(long reads, long writes) throws IOException, InterruptedException {
    this.done = new CountDownLatch(1);
    this.reads.set(reads);
    this.writes.set(writes);
    for (int pipe : active) {
      first.clear();
      pipes[pipe].sink().write(first);
    }
    active.clear();
    if (!done.await(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException(this.reads.get() + " bytes were not read in time");
    }
  }
}
