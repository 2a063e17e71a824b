package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets.Direction;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A TCP socket, tcp(7): its states and what each call and each message does in them. */
final class TcpSocket extends InternetSocket {
  /** A connection's states are those of TCP; the ends of its two directions are flags. */
  private enum State {
    /** Never connected, failed, reset, or over. */
    CLOSED,
    LISTENING,
    CONNECTING,
    ESTABLISHED
  }

  private static final int STREAM_NUMBER = 1;
  private static final int UNSET_CAPACITY = 1 << 17;

  private State state = State.CLOSED;
  private boolean connectTold;

  /** An attempt failed: the next connect says so and makes the socket as it was before. */
  private boolean failureUntold;

  private @Nullable TcpConnect attempt;
  private @Nullable Flow in;
  private @Nullable Flow out;

  /** RCV_SHUTDOWN and SEND_SHUTDOWN of Linux. */
  private boolean inputShut;

  private boolean outputShut;
  private boolean endReceived;
  private boolean endSent;
  private boolean released;
  private int error;

  /** Somebody was told that there is no room: he is to hear when there is, SOCK_NOSPACE. */
  private boolean wantsRoom;

  private int receiveCapacity = UNSET_CAPACITY;
  private int sendCapacity = UNSET_CAPACITY;

  private final Backlog backlog = new Backlog();

  TcpSocket(SimulatedKernel kernel, boolean v6) {
    this(kernel, v6, SocketOptions.ofTcp(v6));
  }

  private TcpSocket(SimulatedKernel kernel, boolean v6, SocketOptions options) {
    super(kernel, v6, options);
  }

  @Override
  String kind() {
    return state == State.LISTENING ? "tcp listener" : "tcp";
  }

  // Readiness, as tcp_poll of Linux tells it.

  @Override
  int readiness() {
    if (state == State.LISTENING) {
      return backlog.size() == 0 ? 0 : Epoll.IN;
    }
    int ready = error != 0 ? Epoll.ERR : 0;
    if (state == State.CLOSED || (inputShut && outputShut)) {
      ready |= Epoll.HUP;
    }
    if (inputShut) {
      ready |= Epoll.IN | Epoll.RDHUP;
    }
    if (state == State.CONNECTING) {
      return ready;
    }
    if (in != null) {
      int needed = in.isAtUrgent(isUrgentInline()) ? 2 : 1;
      if (in.readable() >= needed) {
        ready |= Epoll.IN;
      }
      if (in.hasUrgent()) {
        ready |= Epoll.PRI;
      }
    }
    if (outputShut || isWritable()) {
      ready |= Epoll.OUT;
    } else {
      wantsRoom = true;
    }
    return ready;
  }

  /** A third of the buffer is free, sk_stream_is_writeable. */
  private boolean isWritable() {
    if (out == null) {
      return true;
    }
    int queued = out.queued();
    return sendCapacity - queued >= queued >> 1;
  }

  @Override
  int readable() {
    if (state == State.LISTENING) {
      return backlog.size();
    }
    return in == null ? 0 : in.readable();
  }

  @Override
  int available() {
    if (state == State.LISTENING) {
      return Result.EINVAL;
    }
    return in == null ? 0 : in.readableToMark(isUrgentInline());
  }

  @Override
  int room() {
    return out == null ? 0 : Math.max(sendCapacity - out.queued(), 0);
  }

  @Override
  boolean isReadEnded() {
    return inputShut;
  }

  @Override
  boolean isWriteEnded() {
    return outputShut || state == State.CLOSED;
  }

  boolean hasUrgent() {
    return in != null && in.hasUrgent();
  }

  boolean isUrgentInline() {
    return options.is(SocketOption.SO_OOBINLINE);
  }

  int receiveCapacity() {
    return receiveCapacity;
  }

  @Override
  int type() {
    return STREAM_NUMBER;
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
  int option(SocketOption option, int value) {
    int result = super.option(option, value);
    if (option == SocketOption.SO_RCVBUF) {
      receiveCapacity = options.value(option) / 2; // half is for bookkeeping, tcp_adv_win_scale
    } else if (option == SocketOption.SO_SNDBUF) {
      sendCapacity = options.value(option) / 2;
      roomMade();
    }
    return result;
  }

  // Bytes.

  @Override
  long read(Transfer target) {
    return receive(target, false);
  }

  @Override
  long peek(Transfer target) {
    return receive(target, true);
  }

  private long receive(Transfer target, boolean peek) {
    if (in == null) {
      return state == State.CONNECTING ? Result.EAGAIN : whyNothing();
    }
    if (target.remaining() == 0) {
      return 0;
    }
    if (network.takes(Freedom.SHORT_READS)) {
      target.limit(1 + network.random().below(target.remaining()));
    }
    int copied = in.copy(target, isUrgentInline(), peek);
    return copied > 0 ? copied : whyNothing();
  }

  private int whyNothing() {
    if (endReceived) {
      return 0;
    }
    if (error != 0) {
      return takeError();
    }
    if (state == State.LISTENING) {
      return Result.ENOTCONN;
    }
    if (inputShut) {
      return 0;
    }
    return state == State.CLOSED ? Result.ENOTCONN : Result.EAGAIN;
  }

  @Override
  long write(Transfer source) {
    int refusal = whyNoWrite();
    if (refusal != 0 || out == null) {
      return refusal;
    }
    int asked = source.remaining();
    if (asked == 0) {
      return 0;
    }
    int room = sendCapacity - out.queued();
    if (room < asked) {
      wantsRoom = true;
    }
    if (room <= 0) {
      return Result.EAGAIN;
    }
    int length = Math.min(asked, room);
    if (network.takes(Freedom.SHORT_WRITES)) {
      length = 1 + network.random().below(length);
    }
    out.write(source, length);
    return length;
  }

  /** Why nothing can be sent: a negative code, or 0. */
  private int whyNoWrite() {
    if (state == State.CONNECTING) {
      return Result.EAGAIN;
    }
    if (error != 0) {
      return takeError();
    }
    return state != State.ESTABLISHED || outputShut ? Codes.EPIPE : 0;
  }

  @Override
  int sendUrgent(byte value) {
    int refusal = whyNoWrite();
    if (refusal != 0 || out == null) {
      return refusal;
    }
    if (sendCapacity - out.queued() <= 0) {
      wantsRoom = true;
      return Result.EAGAIN;
    }
    out.writeUrgent(value);
    return 1;
  }

  @Override
  int receiveUrgent() {
    int value = in == null || isUrgentInline() ? -1 : in.takeUrgent();
    return value >= 0 ? value : value == -1 ? Result.EINVAL : Result.EAGAIN;
  }

  // Messages of the peer.

  /** Whether what arrives now is answered with a reset: nobody can read it any more. */
  boolean refusesData() {
    return released || (inputShut && endSent);
  }

  void dataArrived() {
    arrived(Epoll.IN | Epoll.PRI);
  }

  void endArrived() {
    endReceived = true;
    inputShut = true;
    if (endSent) {
      over();
    }
    changed();
  }

  /** The sender's buffer has become emptier. */
  void roomMade() {
    if (wantsRoom && isWritable()) {
      wantsRoom = false;
      arrived(Epoll.OUT);
    }
  }

  void resetArrived() {
    if (state != State.ESTABLISHED) {
      return;
    }
    fail(endReceived && !endSent ? Codes.EPIPE : Codes.ECONNRESET);
  }

  /** The network resets the connection for both sides; whether it was made, and not over. */
  boolean cut() {
    if (state != State.ESTABLISHED || out == null) {
      return false;
    }
    TcpSocket peer = out.receiver;
    resetArrived();
    peer.resetArrived();
    return true;
  }

  /** Data came for which there is no reader: both sides are reset. */
  void abort() {
    if (state != State.ESTABLISHED) {
      return; // it is on its way already
    }
    if (out != null) {
      out.reset();
    }
    fail(Codes.ECONNRESET);
  }

  private void fail(int code) {
    error = code;
    inputShut = true;
    outputShut = true;
    over();
    changed();
  }

  private void over() {
    state = State.CLOSED;
    if (out != null && error != 0) {
      out.drop();
    }
  }

  // Connections.

  @Override
  int connect(SocketAddress address) {
    if (!(address instanceof InetSocketAddress to) || to.getAddress() == null) {
      return Codes.EAFNOSUPPORT;
    }
    return switch (state) {
      case LISTENING -> Result.EISCONN;
      case CONNECTING -> Result.EALREADY;
      case ESTABLISHED -> {
        int result = connectTold ? Result.EISCONN : 0;
        connectTold = true;
        yield result;
      }
      case CLOSED -> connectAnew(to);
    };
  }

  private int connectAnew(InetSocketAddress to) {
    if (in != null) {
      return Result.EISCONN; // over, though not forgotten
    }
    if (failureUntold) {
      failureUntold = false;
      inputShut = false;
      outputShut = false;
      return error == 0 ? Codes.ECONNABORTED : takeError();
    }
    Internet internet = network.internet();
    InetSocketAddress target = internet.target(to, v6);
    if (target == null) {
      return Codes.EAFNOSUPPORT;
    }
    int result = internet.bindForConnect(this, target);
    if (result < 0) {
      return result;
    }
    setRemote(target);
    state = State.CONNECTING;
    inputShut = false;
    outputShut = false;
    connectTold = false;
    TcpConnect begun = new TcpConnect(this, target);
    attempt = begun;
    begun.begin();
    return Result.EINPROGRESS;
  }

  /** The peer has answered: joins the two. */
  void established() {
    attempt = null;
    state = State.ESTABLISHED;
    changed();
  }

  void connectFailed(int code) {
    attempt = null;
    failureUntold = true;
    fail(code);
  }

  /** Joins a connecting socket and a new one of this listener, which waits to be accepted. */
  TcpSocket admit(TcpSocket client, InetSocketAddress at, InetSocketAddress from) {
    TcpSocket child = new TcpSocket(kernel, v6, options.inherited());
    child.receiveCapacity = receiveCapacity;
    child.sendCapacity = sendCapacity;
    child.setLocal(at);
    child.setRemote(from);
    child.state = State.ESTABLISHED;
    child.connectTold = true;
    child.in = new Flow(client, child);
    child.out = new Flow(child, client);
    client.in = child.out;
    client.out = child.in;
    backlog.add(child);
    return child;
  }

  /** A connection has come to the end of the backlog. */
  void connectionArrived() {
    arrived(Epoll.IN | Epoll.PRI);
  }

  /** Nothing that the other side sends arrives before its answer. */
  void holdInputUntil(long time) {
    if (in != null) {
      in.holdUntil(time);
    }
  }

  boolean isBacklogFull() {
    return backlog.isFull();
  }

  @Override
  boolean isListening() {
    return state == State.LISTENING;
  }

  @Override
  int bind(SocketAddress address) {
    if (!(address instanceof InetSocketAddress at) || at.getAddress() == null) {
      return Codes.EAFNOSUPPORT;
    }
    return local() != null || state != State.CLOSED
        ? Result.EINVAL
        : network.internet().bind(this, at);
  }

  @Override
  int listen(int connections) {
    if (state == State.LISTENING) {
      backlog.limit(connections);
      return 0;
    }
    if (state != State.CLOSED || in != null) {
      return Result.EINVAL;
    }
    int result = network.internet().listen(this);
    if (result == 0) {
      state = State.LISTENING;
      backlog.limit(connections);
      changed();
    }
    return result;
  }

  @Override
  @Nullable SocketFile acceptable() {
    return backlog.first();
  }

  @Override
  int whyNotAcceptable() {
    return state == State.LISTENING ? Result.EAGAIN : Result.EINVAL;
  }

  @Override
  void accepted() {
    backlog.removeFirst();
  }

  @Override
  int shutdown(Direction direction) {
    boolean input = direction != Direction.OUTPUT;
    boolean output = direction != Direction.INPUT;
    return switch (state) {
      case LISTENING -> {
        if (input) {
          stopListening();
        }
        yield 0;
      }
      case CONNECTING -> {
        abandon();
        changed();
        yield 0;
      }
      case CLOSED -> {
        if (in == null) {
          inputShut |= input;
          outputShut |= output;
        }
        changed();
        yield Result.ENOTCONN;
      }
      case ESTABLISHED -> {
        inputShut |= input;
        if (output) {
          endSending();
        }
        changed();
        yield 0;
      }
    };
  }

  private void endSending() {
    outputShut = true;
    if (!endSent && out != null) {
      endSent = true;
      out.end();
      if (endReceived) {
        over();
      }
    }
  }

  private void stopListening() {
    state = State.CLOSED;
    network.internet().unbind(this);
    backlog.dropAll();
    changed();
  }

  private void abandon() {
    if (attempt != null) {
      attempt.abandon();
      attempt = null;
    }
    state = State.CLOSED;
    if (out != null) {
      out.reset(); // the peer may be waiting in a backlog
    }
  }

  /** Ends without a word to anybody but the peer, who is reset. */
  void vanish() {
    released = true;
    if (state == State.ESTABLISHED && out != null) {
      out.reset();
    }
    state = State.CLOSED;
  }

  @Override
  int peerAddress(AddressBuffer address) {
    if (state != State.ESTABLISHED) {
      return Result.ENOTCONN;
    }
    address.set(remote());
    return 0;
  }

  @Override
  void release() {
    switch (state) {
      case LISTENING -> stopListening();
      case CONNECTING -> abandon();
      case ESTABLISHED -> {
        boolean unread = in != null && in.readable() > 0;
        if (unread || options.value(SocketOption.SO_LINGER) == 0) {
          vanish();
        } else {
          endSending();
        }
      }
      case CLOSED -> {}
    }
    released = true;
    inputShut = true;
    network.internet().unbind(this);
  }
}
