package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Epoll;

/** An end of a pipe, pipe(7). */
final class PipeModel extends OpenModel {
  private final Flow flow;
  private final boolean reads;
  private boolean peerGone;
  private PipeModel peer;

  private PipeModel(Flow flow, boolean reads) {
    this.flow = flow;
    this.reads = reads;
    this.peer = this; // until the other end exists
  }

  /** Both ends of a pipe: the one that is read, and the one that is written. */
  static PipeModel[] pair() {
    Flow flow = new Flow();
    PipeModel reader = new PipeModel(flow, true);
    PipeModel writer = new PipeModel(flow, false);
    reader.peer = writer;
    writer.peer = reader;
    return new PipeModel[] {reader, writer};
  }

  boolean isReader() {
    return reads;
  }

  boolean isPeerGone() {
    return peerGone;
  }

  Flow flow() {
    return flow;
  }

  @Override
  String source() {
    return reads ? "pipe reader" : "pipe writer";
  }

  @Override
  int must() {
    if (reads) {
      return (flow.pending > 0 ? Epoll.IN : 0) | (peerGone ? Epoll.HUP : 0);
    }
    return (flow.isRoomy() ? Epoll.OUT : 0) | (peerGone ? Epoll.ERR : 0);
  }

  @Override
  int may() {
    return reads || flow.isFull() ? must() : must() | Epoll.OUT;
  }

  /** Bytes were written to this end. */
  void wrote(int bytes) {
    flow.wrote(bytes);
    peer.touched(Epoll.IN);
    touched(0);
  }

  /** A write was refused for want of room; Linux tells the reader of the attempt all the same. */
  void refused() {
    peer.touched(0);
  }

  /** A write of a page found no room. */
  void filled() {
    flow.filled();
    refused();
  }

  /** Bytes were read from this end. */
  void read(int bytes) {
    boolean room = flow.read(bytes);
    peer.touched(room ? Epoll.OUT : 0);
  }

  @Override
  void released() {
    peer.peerGone = true;
    peer.touched(reads ? Epoll.ERR : Epoll.HUP);
  }
}
