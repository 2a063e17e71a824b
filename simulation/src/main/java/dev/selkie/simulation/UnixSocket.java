package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.Sockets.Direction;
import org.jspecify.annotations.Nullable;

/** One of two connected Unix sockets without a name, unix(7). */
final class UnixSocket extends SocketFile {
  private static final int STREAM_NUMBER = 1;
  private static final int DATAGRAM_NUMBER = 2;
  private static final int SEQUENCED_NUMBER = 5;

  private final Sockets.Type type;
  private final MessageBuffer received = new MessageBuffer();
  private @Nullable UnixSocket peer;
  private boolean inputEnded;
  private boolean outputEnded;
  private int error;

  /** What this socket has sent and the peer has not yet taken, as Linux charges it. */
  private int charged;

  private UnixSocket(SimulatedKernel kernel, Sockets.Type type) {
    super(kernel, SocketOptions.ofUnix());
    this.type = type;
  }

  static UnixSocket[] pair(SimulatedKernel kernel, Sockets.Type type) {
    UnixSocket one = new UnixSocket(kernel, type);
    UnixSocket other = new UnixSocket(kernel, type);
    one.peer = other;
    other.peer = one;
    return new UnixSocket[] {one, other};
  }

  @Override
  String kind() {
    return "unix";
  }

  private boolean isConnectionBased() {
    return type != Sockets.Type.DATAGRAM;
  }

  private int sendBuffer() {
    return options.value(SocketOption.SO_SNDBUF);
  }

  private boolean isWritable() {
    return (long) charged * 4 <= sendBuffer();
  }

  @Override
  int readiness() {
    int ready = 0;
    if (error != 0) {
      ready |= Epoll.ERR;
    }
    if (inputEnded) {
      ready |= Epoll.IN | Epoll.RDHUP;
      if (outputEnded) {
        ready |= Epoll.HUP;
      }
    }
    if (!received.isEmpty()) {
      ready |= Epoll.IN;
    }
    if (isWritable()) {
      ready |= Epoll.OUT;
    }
    return ready;
  }

  @Override
  int readable() {
    boolean first = type == Sockets.Type.DATAGRAM && !received.isEmpty();
    return first ? received.firstLength() : received.size();
  }

  @Override
  int room() {
    return Math.max(sendBuffer() - charged, 0);
  }

  @Override
  boolean isReadEnded() {
    return inputEnded;
  }

  @Override
  boolean isWriteEnded() {
    return outputEnded;
  }

  @Override
  int pendingError() {
    return error;
  }

  @Override
  int takeError() {
    int taken = error;
    error = 0;
    return taken;
  }

  @Override
  int type() {
    return switch (type) {
      case STREAM -> STREAM_NUMBER;
      case DATAGRAM -> DATAGRAM_NUMBER;
      case SEQUENCED_PACKET -> SEQUENCED_NUMBER;
    };
  }

  @Override
  long read(Transfer target) {
    return receive(target, false);
  }

  @Override
  long receive(Transfer target, MessageHeader header) {
    header.address().set(null);
    boolean message = type != Sockets.Type.STREAM && !received.isEmpty();
    header.setTruncated(message && received.firstLength() > target.remaining());
    return read(target);
  }

  @Override
  long peek(Transfer target) {
    return receive(target, true);
  }

  private long receive(Transfer target, boolean peek) {
    if (type == Sockets.Type.STREAM) {
      return receiveStream(target, peek);
    }
    if (received.isEmpty()) {
      return nothing();
    }
    int whole = received.firstLength();
    int length = Math.min(whole, target.remaining());
    received.copy(target, 0, length);
    if (!peek) {
      released(received.drop(whole)); // the rest of a datagram is lost
    }
    return length;
  }

  private long receiveStream(Transfer target, boolean peek) {
    if (target.remaining() == 0) {
      return 0;
    }
    if (received.isEmpty()) {
      return nothing();
    }
    if (network.takes(Freedom.SHORT_READS)) {
      target.limit(1 + network.random().below(target.remaining()));
    }
    int length = Math.min(target.remaining(), received.size());
    if (peek) {
      received.copy(target, 0, length);
      return length;
    }
    int left = length;
    while (left > 0) {
      int piece = Math.min(left, received.firstLength());
      received.copy(target, 0, piece);
      int charge = received.drop(piece);
      left -= piece;
      if (charge > 0) {
        released(charge);
      }
    }
    return length;
  }

  private int nothing() {
    if (error != 0) {
      return takeError();
    }
    return inputEnded && isConnectionBased() ? 0 : Result.EAGAIN;
  }

  /** What was sent has been taken: its sender has room again. */
  private void released(int charge) {
    if (peer != null) {
      peer.charged -= charge;
      if (peer.isWritable()) {
        peer.arrived(Epoll.OUT);
      }
    }
  }

  @Override
  long write(Transfer source) {
    return type == Sockets.Type.STREAM ? sendStream(source) : sendMessage(source);
  }

  private long sendStream(Transfer source) {
    if (outputEnded) {
      return Codes.EPIPE;
    }
    if (source.remaining() == 0) {
      return 0;
    }
    if (error != 0) {
      return takeError();
    }
    UnixSocket receiver = peer;
    if (receiver == null || receiver.inputEnded) {
      return Codes.EPIPE;
    }
    if (network.takes(Freedom.SHORT_WRITES)) {
      source.limit(1 + network.random().below(source.remaining()));
    }
    int total = source.remaining();
    while (source.remaining() > 0 && charged < sendBuffer()) {
      int length = Math.min(source.remaining(), MessageCharge.mostOfStream(sendBuffer()));
      int charge = MessageCharge.ofStream(length);
      receiver.received.add(source, length, charge);
      charged += charge;
      receiver.arrived(Epoll.IN | Epoll.PRI);
    }
    int sent = total - source.remaining();
    return sent == 0 ? Result.EAGAIN : sent;
  }

  private long sendMessage(Transfer source) {
    int length = source.remaining();
    if (length > sendBuffer() - MessageCharge.MESSAGE_OVERHEAD) {
      return Codes.EMSGSIZE;
    }
    if (error != 0) {
      return takeError();
    }
    UnixSocket receiver = peer;
    if (outputEnded) {
      return Codes.EPIPE;
    }
    if (receiver == null) {
      return isConnectionBased() ? Codes.EPIPE : Codes.ECONNREFUSED;
    }
    if (receiver.inputEnded) {
      return Codes.EPIPE;
    }
    if (charged >= sendBuffer()) {
      return Result.EAGAIN;
    }
    int charge = MessageCharge.ofMessage(length);
    receiver.received.add(source, length, charge);
    charged += charge;
    receiver.arrived(Epoll.IN | Epoll.PRI);
    return length;
  }

  @Override
  int shutdown(Direction direction) {
    boolean input = direction != Direction.OUTPUT;
    boolean output = direction != Direction.INPUT;
    inputEnded |= input;
    outputEnded |= output;
    changed();
    if (peer != null && isConnectionBased()) {
      peer.inputEnded |= output;
      peer.outputEnded |= input;
      peer.changed();
    }
    return 0;
  }

  @Override
  int localAddress(AddressBuffer address) {
    address.set(null);
    return 0;
  }

  @Override
  int peerAddress(AddressBuffer address) {
    if (peer == null) {
      return Result.ENOTCONN;
    }
    address.set(null);
    return 0;
  }

  @Override
  void release() {
    UnixSocket other = peer;
    peer = null;
    if (other == null) {
      return;
    }
    other.peer = null;
    other.charged -= received.totalCharge();
    if (isConnectionBased()) {
      other.inputEnded = true;
      other.outputEnded = true;
      if (!received.isEmpty()) {
        other.error = Codes.ECONNRESET;
      }
    }
    received.clear();
    other.changed();
  }
}
