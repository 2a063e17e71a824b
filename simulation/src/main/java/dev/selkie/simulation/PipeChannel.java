package dev.selkie.simulation;

import java.util.ArrayList;
import java.util.List;

/** What the ends of one pipe or FIFO share: its bytes, and who is there. */
final class PipeChannel {
  final PipeBuffer buffer = new PipeBuffer();
  private final List<PipeEnd> readers = new ArrayList<>(1);
  private final List<PipeEnd> writers = new ArrayList<>(1);
  private int came;

  boolean hasReader() {
    return !readers.isEmpty();
  }

  boolean hasWriter() {
    return !writers.isEmpty();
  }

  boolean isDeserted() {
    return readers.isEmpty() && writers.isEmpty();
  }

  int writersThatCame() {
    return came;
  }

  void join(PipeEnd end, boolean reads, boolean writes) {
    if (reads) {
      readers.add(end);
    }
    if (writes) {
      writers.add(end);
      came++;
    }
  }

  /** Whom the last of its kind leaves behind is told. */
  void leave(PipeEnd end) {
    if (readers.remove(end) && readers.isEmpty()) {
      writers.forEach(OpenFile::changed);
    }
    if (writers.remove(end) && writers.isEmpty()) {
      readers.forEach(OpenFile::changed);
    }
  }

  void tellReaders(int bits) {
    for (PipeEnd reader : readers) {
      reader.arrived(bits);
    }
  }

  void tellWriters(int bits) {
    for (PipeEnd writer : writers) {
      writer.arrived(bits);
    }
  }
}
