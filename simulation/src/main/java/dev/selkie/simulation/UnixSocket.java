package dev.selkie.simulation;

import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.Sockets.Direction;
import dev.selkie.kernel.UnixAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Unix socket, unix(7): one of a pair, a listener, a connection, or a socket of datagrams; bound
 * to a name or to none.
 */
final class UnixSocket extends UnixEndpoint {
  /** What the BSDs count for the address that a datagram has with it. */
  private static final int ADDRESS = 16;

  /** net.unix.max_dgram_qlen. */
  private static final int MOST_DATAGRAMS = 10;

  private static final int MOST_WAITING = 4096;

  private final MessageBuffer received = new MessageBuffer();
  private final ArrayDeque<UnixSocket> backlog = new ArrayDeque<>(0);

  private Parcel plain = new Parcel(this, null, List.of());
  private int backlogLimit = -1;

  private boolean inputEnded;
  private boolean outputEnded;
  private int error;

  /** What this socket has sent and the peer has not yet taken, as Linux charges it. */
  private int charged;

  UnixSocket(SimulatedKernel kernel, Sockets.Type type) {
    this(kernel, type, SocketOptions.ofUnix());
  }

  private UnixSocket(SimulatedKernel kernel, Sockets.Type type, SocketOptions options) {
    super(kernel, type, options);
  }

  static UnixSocket[] pair(SimulatedKernel kernel, Sockets.Type type) {
    UnixSocket one = new UnixSocket(kernel, type);
    UnixSocket other = new UnixSocket(kernel, type);
    one.join(other);
    other.join(one);
    return new UnixSocket[] {one, other};
  }

  private void join(UnixSocket other) {
    peer = other;
    peerName = other.name;
    connected = true;
  }

  @Override
  UnixSocket self() {
    return this;
  }

  @Override
  void setName(@Nullable UnixAddress given) {
    super.setName(given);
    plain = new Parcel(this, given, List.of());
  }

  @Override
  int listen(int asked) {
    if (!isConnectionBased()) {
      return Codes.EOPNOTSUPP;
    }
    if (name == null || connected) {
      return Result.EINVAL;
    }
    backlogLimit = asked < 0 || asked > MOST_WAITING ? MOST_WAITING : asked;
    return 0;
  }

  @Override
  boolean isListening() {
    return backlogLimit >= 0;
  }

  @Override
  int connect(SocketAddress address) {
    UnixAddress wanted = UnixAddress.of(address);
    if (wanted == null || wanted.isUnnamed()) {
      return Result.EINVAL;
    }
    if (isConnectionBased() && (connected || isListening())) {
      return connected ? Result.EISCONN : Result.EINVAL;
    }
    UnixSocket target = kernel.unixNames().find(wanted, type);
    if (target == null) {
      return kernel.unixNames().whyNot(wanted);
    }
    return isConnectionBased() ? connectTo(target) : sendTo(target, wanted);
  }

  private int connectTo(UnixSocket listener) {
    if (!listener.isListening()) {
      return Codes.ECONNREFUSED;
    }
    if (listener.backlog.size() > listener.backlogLimit) {
      return kernel.system().isLinux() ? Result.EAGAIN : Codes.ECONNREFUSED;
    }
    UnixSocket accepted = new UnixSocket(kernel, type, listener.options.inherited());
    accepted.setName(listener.name);
    accepted.join(this);
    join(accepted);
    listener.backlog.add(accepted);
    listener.arrived(Epoll.IN);
    changed();
    return 0;
  }

  private int sendTo(UnixSocket target, UnixAddress wanted) {
    if (target.connected && !isPeerOf(target)) {
      return Result.EPERM;
    }
    int _ = disconnect();
    peer = target;
    peerName = wanted;
    connected = true;
    target.senders.add(this);
    changed();
    return 0;
  }

  @Override
  @Nullable SocketFile acceptable() {
    return backlog.peek();
  }

  @Override
  int whyNotAcceptable() {
    return isConnectionBased() ? isListening() ? Result.EAGAIN : Result.EINVAL : Codes.EOPNOTSUPP;
  }

  @Override
  void accepted() {
    backlog.remove();
  }

  @Override
  String kind() {
    return "unix";
  }

  private int sendBuffer() {
    return options.value(SocketOption.SO_SNDBUF);
  }

  private boolean isWritable() {
    boolean room = (long) charged * 4 <= sendBuffer();
    return room && !isListening() && (isConnectionBased() || peer == null || !peer.isFullFor(this));
  }

  /**
   * Whether a sender has to wait until datagrams are read here; not the peer, which has a buffer.
   */
  private boolean isFullFor(UnixSocket sender) {
    return received.count() > MOST_DATAGRAMS && !sender.isPeerOf(this);
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
    if (!received.isEmpty() || !backlog.isEmpty()) {
      ready |= Epoll.IN;
    }
    if (isConnectionBased() && !connected && !isListening()) {
      ready |= Epoll.HUP;
    }
    if (isWritable()) {
      ready |= Epoll.OUT;
    }
    return ready;
  }

  @Override
  int readable() {
    if (isListening()) {
      return backlog.size();
    }
    boolean datagrams = type == Sockets.Type.DATAGRAM;
    return received.size() + (datagrams ? received.count() * ADDRESS : 0);
  }

  @Override
  int available() {
    boolean first = type == Sockets.Type.DATAGRAM && !received.isEmpty();
    return first ? received.firstLength() : isListening() ? 0 : received.size();
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
  long read(Transfer target) {
    return receive(target, null, false);
  }

  @Override
  long receive(Transfer target, MessageHeader header) {
    if (received.isEmpty() && !isReadEnded()) {
      return receive(target, null, false); // not ready: the header stays as it is
    }
    header.address().set(null);
    header.received().clear();
    boolean message = type != Sockets.Type.STREAM && !received.isEmpty();
    header.setTruncated(message && received.firstLength() > target.remaining());
    return receive(target, header, false);
  }

  @Override
  long peek(Transfer target) {
    return receive(target, null, true);
  }

  private long receive(Transfer target, @Nullable MessageHeader header, boolean peek) {
    if (isConnectionBased() && !connected) {
      return type == Sockets.Type.STREAM ? Result.EINVAL : Result.ENOTCONN;
    }
    if (type == Sockets.Type.STREAM) {
      return receiveStream(target, header, peek);
    }
    if (received.isEmpty()) {
      return nothing();
    }
    int whole = received.firstLength();
    int length = Math.min(whole, target.remaining());
    received.copy(target, 0, length);
    if (!peek) {
      Parcel parcel = received.firstParcel();
      boolean wasFull = received.count() > MOST_DATAGRAMS;
      int charge = received.drop(whole); // the rest of a datagram is lost
      open(parcel, header);
      released(parcel, charge);
      if (wasFull) {
        senders.forEach(sender -> sender.arrived(Epoll.OUT));
      }
    }
    return length;
  }

  /** What came with bytes that have been read; without a header files are lost. */
  private void open(Parcel parcel, @Nullable MessageHeader header) {
    if (header == null) {
      parcel.lose();
      return;
    }
    if (type == Sockets.Type.DATAGRAM) {
      header.address().setUnix(parcel.from());
    }
    if (!header.isControlRefused() && options.is(SocketOption.SO_PASSCRED)) {
      header.received().setCredentials(PID, USER, USER);
    }
    parcel.open(kernel.table(), header);
  }

  private long receiveStream(Transfer target, @Nullable MessageHeader header, boolean peek) {
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
    boolean passed = false;
    while (left > 0 && !passed) {
      int piece = Math.min(left, received.firstLength());
      received.copy(target, 0, piece);
      left -= piece;
      Parcel parcel = received.firstParcel();
      passed = !parcel.files().isEmpty();
      if (passed) {
        received.setFirstParcel(parcel.emptied());
      }
      int charge = received.drop(piece);
      open(parcel, header);
      if (charge > 0) {
        released(parcel, charge);
      }
    }
    int taken = length - left;
    return taken;
  }

  private int nothing() {
    if (error != 0) {
      return takeError();
    }
    return inputEnded && isConnectionBased() ? 0 : Result.EAGAIN;
  }

  /** What was sent has been taken: its sender has room again. */
  private static void released(Parcel parcel, int charge) {
    UnixSocket sender = parcel.sender();
    sender.charged -= charge;
    if (sender.isWritable()) {
      sender.arrived(Epoll.OUT);
    }
  }

  @Override
  long write(Transfer source) {
    return send(source, plain, peer);
  }

  @Override
  long send(Transfer source, MessageHeader header) {
    UnixAddress to = UnixAddress.of(header.address().address());
    ControlData control = header.outgoing();
    if (to != null && isConnectionBased()) {
      return connected ? Result.EISCONN : Codes.EOPNOTSUPP;
    }
    UnixSocket receiver = to == null ? peer : kernel.unixNames().find(to, type);
    if (to != null && receiver == null) {
      return kernel.unixNames().whyNot(to);
    }
    if (control.has(ControlData.Kind.CREDENTIALS)
        && (control.pid() != PID || control.uid() != USER || control.gid() != USER)) {
      return Result.EPERM;
    }
    List<OpenFile> files = new ArrayList<>(0);
    for (int i = 0; i < control.descriptorCount(); i++) {
      OpenFile file = kernel.table().get(control.descriptor(i));
      if (file == null) {
        return Result.EBADF;
      }
      files.add(file);
    }
    Parcel parcel = files.isEmpty() ? plain : Parcel.of(this, name, files);
    long sent = send(source, parcel, receiver);
    if (sent < 0 || (sent == 0 && type == Sockets.Type.STREAM)) {
      parcel.lose();
    }
    return sent;
  }

  private long send(Transfer source, Parcel parcel, @Nullable UnixSocket receiver) {
    if (isConnectionBased() && !connected) {
      return Result.ENOTCONN;
    }
    return type == Sockets.Type.STREAM
        ? sendStream(source, parcel)
        : sendMessage(source, parcel, receiver);
  }

  private long sendStream(Transfer source, Parcel parcel) {
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
    Parcel with = parcel;
    while (source.remaining() > 0 && charged < sendBuffer()) {
      int length = Math.min(source.remaining(), MessageCharge.mostOfStream(sendBuffer()));
      int charge = MessageCharge.ofStream(length);
      receiver.received.add(source, length, charge, with);
      with = plain;
      charged += charge;
      receiver.arrived(Epoll.IN | Epoll.PRI);
    }
    int sent = total - source.remaining();
    return sent == 0 ? Result.EAGAIN : sent;
  }

  private long sendMessage(Transfer source, Parcel parcel, @Nullable UnixSocket receiver) {
    int length = source.remaining();
    if (length > sendBuffer() - MessageCharge.MESSAGE_OVERHEAD) {
      return Codes.EMSGSIZE;
    }
    if (error != 0) {
      return takeError();
    }
    if (outputEnded) {
      return Codes.EPIPE;
    }
    if (receiver == null) {
      int gone = isConnectionBased() ? Codes.EPIPE : Codes.ECONNREFUSED;
      return connected ? gone : Result.ENOTCONN;
    }
    if (receiver.inputEnded) {
      return Codes.EPIPE;
    }
    if (!isConnectionBased() && receiver.connected && !isPeerOf(receiver)) {
      return Result.EPERM; // it hears its peer alone
    }
    if (charged >= sendBuffer() || (!isConnectionBased() && receiver.isFullFor(this))) {
      return Result.EAGAIN;
    }
    int charge = MessageCharge.ofMessage(length);
    receiver.received.add(source, length, charge, parcel);
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
  void release() {
    open = false;
    if (name != null && bound) {
      kernel.unixNames().remove(name);
    }
    for (UnixSocket waiting : backlog) {
      waiting.vanish();
    }
    backlog.clear();
    boolean unread = !received.isEmpty();
    while (!received.isEmpty()) {
      Parcel parcel = received.firstParcel();
      parcel.sender().charged -= received.drop(received.firstLength());
      parcel.lose();
    }
    received.clear();
    for (UnixSocket sender : senders) {
      sender.peer = null;
      sender.changed();
    }
    senders.clear();
    UnixSocket other = peer;
    peer = null;
    if (other != null) {
      leave(other, unread);
    }
  }

  private void leave(UnixSocket other, boolean unread) {
    other.senders.remove(this);
    if (other.peer == null || !other.peer.is(this)) {
      return; // it sends to others
    }
    other.peer = null;
    if (isConnectionBased()) {
      other.inputEnded = true;
      other.outputEnded = true;
      if (unread) {
        other.error = Codes.ECONNRESET;
      }
    }
    other.changed();
  }

  /** Nobody will accept it. */
  private void vanish() {
    UnixSocket other = peer;
    release();
    if (other != null) {
      other.error = Codes.ECONNRESET;
      other.changed();
    }
  }
}
