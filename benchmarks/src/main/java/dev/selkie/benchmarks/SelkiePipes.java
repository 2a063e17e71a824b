package dev.selkie.benchmarks;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Pipes in an {@link EventQueue}. */
final class SelkiePipes implements PipesRunner.Pipes {
  private final EventQueue<Link> queue = EventQueue.open();
  private final PipePair[] pipes;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1);
  private long reads;
  private long writes;

  SelkiePipes(int count) throws IOException {
    pipes = new PipePair[count];
    for (int i = 0; i < count; i++) {
      pipes[i] = PipePair.open();
    }
    for (int i = 0; i < count; i++) {
      PipeReader reader = pipes[i].reader();
      queue.register(reader, Interest.READABLE, new Link(reader, pipes[(i + 1) % count].writer()));
    }
  }

  /** A pipe and the one after it. */
  private record Link(PipeReader reader, PipeWriter next) {}

  @Override
  public void write(int pipe) throws IOException {
    put(pipes[pipe].writer());
  }

  private void put(PipeWriter writer) throws IOException {
    buffer.clear();
    if (writer.write(buffer) != 1) {
      throw PipesRunner.nothingMoved("write");
    }
  }

  @Override
  public void serve(long reads, long writes) throws IOException {
    this.reads = reads;
    this.writes = writes;
    while (this.reads > 0) {
      for (Event<Link> event : queue.await()) {
        ready(event.attachment());
      }
    }
  }

  private void ready(Link link) throws IOException {
    buffer.clear();
    if (link.reader.read(buffer) != 1) {
      throw PipesRunner.nothingMoved("read");
    }
    reads--;
    if (writes > 0) {
      writes--;
      put(link.next);
    }
  }
}
