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
final class SelkiePipes extends PipeRing<PipeReader, PipeWriter> {
  private final EventQueue<Link<PipeReader, PipeWriter>> queue = EventQueue.open();

  SelkiePipes(int count) throws IOException {
    open(count);
  }

  @Override
  Ends<PipeReader, PipeWriter> open() throws IOException {
    PipePair pipe = PipePair.open();
    return new Ends<>(pipe.reader(), pipe.writer());
  }

  @Override
  void register(Link<PipeReader, PipeWriter> link) throws IOException {
    queue.register(link.reader(), Interest.READABLE, link);
  }

  @Override
  void await() throws IOException {
    for (Event<Link<PipeReader, PipeWriter>> event : queue.await()) {
      pass(event.attachment());
    }
  }

  @Override
  int read(PipeReader reader, ByteBuffer buffer) throws IOException {
    return reader.read(buffer);
  }

  @Override
  int write(PipeWriter writer, ByteBuffer buffer) throws IOException {
    return writer.write(buffer);
  }
}
