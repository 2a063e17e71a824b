package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Pipes in a {@link Selector}, by both forms of select. */
final class NioPipes extends PipeRing<Pipe.SourceChannel, Pipe.SinkChannel> {
  private final Selector selector = Selector.open();
  private final boolean byAction;

  NioPipes(int count, boolean byAction) throws IOException {
    this.byAction = byAction;
    open(count);
  }

  @Override
  Ends<Pipe.SourceChannel, Pipe.SinkChannel> open() throws IOException {
    Pipe pipe = Pipe.open();
    pipe.sink().configureBlocking(false);
    pipe.source().configureBlocking(false);
    return new Ends<>(pipe.source(), pipe.sink());
  }

  @Override
  void register(Link<Pipe.SourceChannel, Pipe.SinkChannel> link) throws IOException {
    link.reader().register(selector, SelectionKey.OP_READ, link);
  }

  @Override
  void await() throws IOException {
    NioWait.once(selector, byAction, this::ready);
  }

  @SuppressWarnings("unchecked") // only links of that kind are attached
  private void ready(SelectionKey key) {
    try {
      pass((Link<Pipe.SourceChannel, Pipe.SinkChannel>) key.attachment());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  int read(Pipe.SourceChannel reader, ByteBuffer buffer) throws IOException {
    return reader.read(buffer);
  }

  @Override
  int write(Pipe.SinkChannel writer, ByteBuffer buffer) throws IOException {
    return writer.write(buffer);
  }
}
