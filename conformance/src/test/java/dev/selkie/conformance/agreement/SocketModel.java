package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Epoll;

/** An end of a connected stream: TCP, or a pair of the Unix domain. */
final class SocketModel extends OpenModel {
  private static final int ALL =
      Epoll.IN | Epoll.OUT | Epoll.PRI | Epoll.RDHUP | Epoll.HUP | Epoll.ERR;
  private static final int OVER = Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.HUP;

  /** What is known of the connection. */
  private enum State {
    /** It stands, in as many directions as the other fields say. */
    STANDS,
    /** A reset has ended it. */
    RESET,
    /** Whether a reset ended it cannot be told. */
    UNKNOWN
  }

  private enum Urgent {
    NONE,
    /** Sent, and nothing was read since. */
    THERE,
    /** Perhaps passed by reads. */
    PERHAPS,
    /** Taken. */
    TAKEN
  }

  private final boolean tcp;
  private final Flow inbox;
  private final Flow outbox;
  private SocketModel peer;
  private State state = State.STANDS;
  private Urgent urgent = Urgent.NONE;
  private boolean inputEnded;
  private boolean inputEnding;
  private boolean inputEndedHere;
  private boolean outputEnded;
  private boolean peerGone;
  private boolean mayHaveError;

  private SocketModel(boolean tcp, Flow inbox, Flow outbox) {
    this.tcp = tcp;
    this.inbox = inbox;
    this.outbox = outbox;
    this.peer = this; // until the other end exists
  }

  /** Two connected ends. */
  static SocketModel[] pair(boolean tcp) {
    Flow one = new Flow();
    Flow other = new Flow();
    SocketModel first = new SocketModel(tcp, one, other);
    SocketModel second = new SocketModel(tcp, other, one);
    first.peer = second;
    second.peer = first;
    return new SocketModel[] {first, second};
  }

  boolean isTcp() {
    return tcp;
  }

  /** Whether a write surely fails. */
  boolean isWriteOver() {
    return outputEnded || (!tcp && peerGone);
  }

  /** Whether the result of a read or a write can be foretold. */
  boolean isCertain() {
    return state == State.STANDS;
  }

  /** Bytes that a read will find, now or later. */
  int pending() {
    return inbox.pending;
  }

  boolean isInputEnded() {
    return inputEnded || inputEnding;
  }

  @Override
  String source() {
    return tcp ? "tcp" : "unix";
  }

  @Override
  boolean isSettled() {
    return !tcp;
  }

  /** Of TCP the answers of the peer's side come in later, and each may make an edge. */
  @Override
  int edgesOfATouch() {
    return tcp ? 3 : 1;
  }

  @Override
  int must() {
    if (state != State.STANDS) {
      return state == State.RESET ? OVER : 0;
    }
    int bits = 0;
    if ((inbox.pending > 0 && urgent != Urgent.THERE && urgent != Urgent.PERHAPS) || inputEnded) {
      bits |= Epoll.IN;
    }
    if (inputEnded) {
      bits |= Epoll.RDHUP | (outputEnded ? Epoll.HUP : 0);
    }
    if (tcp ? outputEnded || (!outbox.isCrowded() && outbox.isRoomy()) : isRoomySocket()) {
      bits |= Epoll.OUT;
    }
    return urgent == Urgent.THERE ? bits | Epoll.PRI : bits;
  }

  /** Room in the Unix domain is that of the sender's buffer, which its peer's end gives back. */
  private boolean isRoomySocket() {
    return !peerGone && outbox.isRoomy();
  }

  @Override
  int may() {
    if (state != State.STANDS) {
      return ALL;
    }
    int bits = must();
    if (urgent != Urgent.NONE) {
      bits |= Epoll.IN | (urgent == Urgent.TAKEN ? 0 : Epoll.PRI);
    }
    if (inputEnding) {
      bits |= Epoll.IN | Epoll.RDHUP | (outputEnded ? Epoll.HUP : 0);
    }
    if (tcp || peerGone || !outbox.isFull()) {
      bits |= Epoll.OUT;
    }
    return mayHaveError ? bits | Epoll.ERR : bits;
  }

  /** Bytes were written to this end. */
  void wrote(int bytes) {
    if (state != State.STANDS) {
      touchBoth();
      return;
    }
    outbox.wrote(bytes);
    if (peerGone) {
      // Nobody is there to take them: the answer is a reset.
      state = peer.urgent == Urgent.NONE ? State.RESET : State.UNKNOWN;
      touched(-1);
      return;
    }
    peer.refuseData();
    touched(0);
    peer.touched(outbox.isCrowded() ? 0 : Epoll.IN); // what does not fit yet arrives later
  }

  /** A write found no room. */
  void filled() {
    outbox.filled();
    touched(0);
  }

  /** Bytes were read from this end. */
  void read(int bytes) {
    if (state != State.STANDS) {
      touchBoth();
      return;
    }
    boolean room = inbox.read(bytes);
    // When TCP tells of room depends on windows and buffers that nobody sees.
    peer.touched(room && !tcp ? Epoll.OUT : 0);
    if (tcp) {
      touched(0);
    }
    if (inputEnding && !inbox.isCrowded()) {
      inputEnded = true;
      inputEnding = false;
      touched(0); // nobody knows whether the end has been told already
    }
  }

  /** A read was tried, which may pass the mark of the urgent byte even if it finds nothing else. */
  void triedToRead() {
    urgent = urgent == Urgent.THERE ? Urgent.PERHAPS : urgent;
  }

  /** A read or a write answered with an error, which is taken by that. */
  void failed() {
    touchBoth();
  }

  void sentUrgent() {
    touched(0);
    peer.urgent = Urgent.THERE;
    peer.touched(Epoll.PRI);
  }

  boolean mayReceiveUrgent() {
    return state == State.STANDS && !peerGone && !inputEnded && urgent == Urgent.NONE;
  }

  SocketModel peer() {
    return peer;
  }

  boolean isPeerGone() {
    return peerGone;
  }

  boolean isUrgentThere() {
    return urgent == Urgent.THERE;
  }

  void tookUrgent() {
    urgent = Urgent.TAKEN;
    touched(0);
  }

  /** Data for an end that has ended both directions is answered by a reset, RFC 1122 4.2.2.13. */
  private void refuseData() {
    if (tcp && inputEndedHere && outputEnded && (inbox.pending > 0 || urgent != Urgent.NONE)) {
      state = State.UNKNOWN;
      peer.state = State.UNKNOWN;
    }
  }

  /** This end will send no more. */
  void endOutput() {
    outputEnded = true;
    refuseData();
    touched(Epoll.HUP);
    if (!peerGone) {
      peer.endInputBehindData();
    }
  }

  /** This end will read no more; in the Unix domain its peer learns of it. */
  void endInputHere() {
    inputEndedHere = true;
    refuseData();
    endInput();
    if (!tcp && !peerGone) {
      peer.outputEnded = true;
      peer.touched(Epoll.HUP);
    }
  }

  private void endInputBehindData() {
    if (tcp && inbox.isCrowded()) {
      inputEnding = true;
      touched(0);
    } else {
      endInput();
    }
  }

  private void endInput() {
    boolean news = !inputEnded || !tcp;
    inputEnded = true;
    inputEnding = false;
    touched(news ? Epoll.IN | Epoll.RDHUP | Epoll.HUP : 0);
  }

  private void touchBoth() {
    touched(0);
    peer.touched(0);
  }

  /** The close comes with a reset. */
  void reset() {
    if (peer.state == State.STANDS) {
      peer.state = resetOrNothing();
    }
  }

  /** When both ends have said that they send no more, there may be nothing left to reset. */
  private State resetOrNothing() {
    return outputEnded && peer.outputEnded ? State.UNKNOWN : State.RESET;
  }

  @Override
  void released() {
    peer.peerGone = true;
    if (peer.state != State.STANDS || state != State.STANDS) {
      peer.state = peer.state == State.RESET ? State.RESET : State.UNKNOWN;
      peer.touched(-1);
    } else if (tcp) {
      releaseTcp();
    } else {
      peer.mayHaveError = inbox.pending > 0;
      peer.outputEnded = true;
      peer.endInput();
    }
  }

  /** Data that nobody has read makes the close a reset, RFC 2525 section 2.17. */
  private void releaseTcp() {
    if (urgent != Urgent.NONE || peer.urgent != Urgent.NONE) {
      peer.state = State.UNKNOWN;
      peer.touched(-1);
    } else if (inbox.pending > 0) {
      peer.state = resetOrNothing();
      peer.touched(-1);
    } else {
      peer.endInputBehindData();
    }
  }
}
