package dev.selkie.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** An open file in a model: the near end of a pair, and what its peer did. */
final class ModelFile {
  final Pair pair;
  final List<ModelHandle> handles = new ArrayList<>();
  int pending;
  boolean peerClosed;

  ModelFile(Pair pair) {
    this.pair = pair;
  }

  boolean readable() {
    return pending > 0 || peerClosed;
  }

  boolean writable() {
    return pair.kind().isDuplex();
  }

  void send(int count) throws IOException {
    Bytes.send(pair.writer(), count);
    pending += count;
    handles.forEach(ModelHandle::dataArrived);
  }

  /** Reads exactly so much of what is pending: what is under way is waited for. */
  void read(int count) throws IOException {
    int left = count;
    long start = System.nanoTime();
    while (left > 0) {
      int n = Bytes.read(handles.getFirst().source, left);
      left -= Math.max(n, 0);
      if (System.nanoTime() - start > Ready.DEADLINE.toNanos()) {
        throw new AssertionError(left + " of " + count + " bytes do not arrive at " + this);
      }
    }
    pending -= count;
    handles.forEach(ModelHandle::dataTaken);
  }

  void closePeer() {
    pair.writer().close();
    peerClosed = true;
    handles.forEach(ModelHandle::peerEnded);
  }

  @Override
  public String toString() {
    return "%s with %d bytes%s".formatted(pair.kind(), pending, peerClosed ? ", peer closed" : "");
  }
}
