package dev.selkie.runtime.flow;

import dev.selkie.runtime.EventLoop;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** A loop, and pipes that are closed with it. */
final class Pipes implements AutoCloseable {
  final EventLoop loop;
  private final List<PipePair> opened = new ArrayList<>();

  Pipes() {
    try {
      loop = EventLoop.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  synchronized PipePair open() throws IOException {
    PipePair pipe = PipePair.open();
    opened.add(pipe);
    return pipe;
  }

  @Override
  public synchronized void close() {
    loop.close();
    opened.forEach(PipePair::close);
  }
}
