package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Pipes in a {@link Selector}, by both forms of select. */
final class NioPipes implements PipesRunner.Pipes {
  private final Selector selector = Selector.open();
  private final boolean byAction;
  private final Pipe[] pipes;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1);
  private long reads;
  private long writes;

  NioPipes(int count, boolean byAction) throws IOException {
    this.byAction = byAction;
    pipes = new Pipe[count];
    for (int i = 0; i < count; i++) {
      pipes[i] = Pipe.open();
      pipes[i].sink().configureBlocking(false);
      pipes[i].source().configureBlocking(false);
    }
    for (int i = 0; i < count; i++) {
      Pipe.SourceChannel source = pipes[i].source();
      Link link = new Link(source, pipes[(i + 1) % count].sink());
      source.register(selector, SelectionKey.OP_READ, link);
    }
  }

  /** A pipe and the one after it. */
  private record Link(Pipe.SourceChannel source, Pipe.SinkChannel next) {}

  @Override
  public void write(int pipe) throws IOException {
    put(pipes[pipe].sink());
  }

  private void put(Pipe.SinkChannel sink) throws IOException {
    buffer.clear();
    if (sink.write(buffer) != 1) {
      throw PipesRunner.nothingMoved("write");
    }
  }

  @Override
  public void serve(long reads, long writes) throws IOException {
    this.reads = reads;
    this.writes = writes;
    while (this.reads > 0) {
      NioWait.once(selector, byAction, this::ready);
    }
  }

  private void ready(SelectionKey key) {
    Link link = (Link) key.attachment();
    buffer.clear();
    try {
      if (link.source.read(buffer) != 1) {
        throw PipesRunner.nothingMoved("read");
      }
      reads--;
      if (writes > 0) {
        writes--;
        put(link.next);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
