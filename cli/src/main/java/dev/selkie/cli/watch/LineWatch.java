package dev.selkie.cli.watch;

import dev.selkie.ByteInput;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Lines that come from a source of bytes, and its end. */
final class LineWatch implements Watched {
  private final String name;
  private final ByteInput input;
  private final LineReader lines;
  private boolean endTold;

  LineWatch(String name, ByteInput input) {
    this.name = name;
    this.input = input;
    this.lines = new LineReader(input);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void register(EventQueue<Watched> queue) throws IOException {
    queue.register(input, Interest.READABLE, this);
  }

  @Override
  public @Nullable Happening next() throws IOException {
    String line = lines.next();
    if (line != null) {
      return lines.tell(Happening.of(this, "line"), line);
    }
    if (lines.isOver() && !endTold) {
      endTold = true;
      return Happening.of(this, "end");
    }
    return null;
  }

  @Override
  public boolean isOver() {
    return endTold;
  }

  @Override
  public void close() {
    input.close();
  }
}
