package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.ControlData.Kind;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets.Direction;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A UDP socket, udp(7), as Linux has it. */
final class UdpSocket extends InternetSocket {
  private static final int DATAGRAM_NUMBER = 2;
  private static final int HEADER = 8;
  private static final int MOST_V6 = 65_535 - HEADER;
  private static final int MOST_V4 = MOST_V6 - 20;

  /** What kqueue counts beside the bytes of a datagram: the sender's address. */
  private static final int ADDRESS = 16;

  /** What Linux takes apart of one call, UDP_MAX_SEGMENTS of before 6.9. */
  private static final int MOST_SEGMENTS = 64;

  private static final ControlData NOTHING = new ControlData();

  private final Memberships memberships = new Memberships();
  private final Queue<Datagram> received = new ArrayDeque<>();

  /** The memory of what has been received, and of what a limited link has yet to carry. */
  private int charged;

  private int underWay;

  /** Whether a bind named the host, and the port: a disconnect leaves them. */
  private boolean hostNamed;

  private boolean portNamed;
  private boolean inputShut;
  private boolean outputShut;
  private boolean released;
  private int error;

  UdpSocket(SimulatedKernel kernel, boolean v6) {
    super(kernel, v6, SocketOptions.ofUdp(v6));
  }

  @Override
  String kind() {
    return "udp";
  }

  // Readiness, as datagram_poll of Linux tells it.

  @Override
  int readiness() {
    int ready = error != 0 ? Epoll.ERR : 0;
    if (inputShut) {
      ready |= Epoll.IN | Epoll.RDHUP;
      if (outputShut) {
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

  private int sendBuffer() {
    return options.value(SocketOption.SO_SNDBUF);
  }

  private boolean isWritable() {
    return underWay * 2L < sendBuffer();
  }

  @Override
  int readable() {
    return received.stream().mapToInt(datagram -> datagram.length() + ADDRESS).sum();
  }

  @Override
  int available() {
    Datagram first = received.peek();
    return first == null ? 0 : first.length();
  }

  @Override
  int room() {
    return Math.max(sendBuffer() - underWay, 0);
  }

  @Override
  boolean isReadEnded() {
    return inputShut;
  }

  @Override
  boolean isWriteEnded() {
    return outputShut;
  }

  @Override
  int type() {
    return DATAGRAM_NUMBER;
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

  // Datagrams.

  @Override
  long read(Transfer target) {
    return receive(target, null, false);
  }

  @Override
  long peek(Transfer target) {
    return receive(target, null, true);
  }

  @Override
  long receive(Transfer target, MessageHeader header) {
    return receive(target, header, false);
  }

  private long receive(Transfer target, @Nullable MessageHeader header, boolean peek) {
    if (error != 0) {
      return takeError();
    }
    Datagram first = received.peek();
    if (first == null) {
      return Result.EAGAIN; // also when shut down: only one that blocks would return 0
    }
    int length = Math.min(first.length(), target.remaining());
    first.copyTo(target, length);
    if (header != null) {
      header.address().set(first.from);
      header.setTruncated(length < first.length());
      DatagramControl.tell(this, first, header.received());
    }
    if (peek) {
      return length;
    }
    take();
    int more = options.is(SocketOption.UDP_GRO) ? receiveMore(first, target) : 0;
    if (more > 0 && header != null) {
      header.received().setSegmentSize(first.length());
    }
    return (long) length + more;
  }

  private void take() {
    charged -= received.remove().charge();
  }

  /** Takes what one call has sent behind a datagram, as long as it fits; UDP_GRO. */
  private int receiveMore(Datagram first, Transfer target) {
    int sum = 0;
    Datagram last = first;
    for (Datagram next = received.peek();
        next != null
            && last.length() == first.length()
            && first.isFollowedBy(next)
            && next.length() <= target.remaining();
        next = received.peek()) {
      next.copyTo(target, next.length());
      sum += next.length();
      last = next;
      take();
    }
    return sum;
  }

  @Override
  long write(Transfer source) {
    return send(source, remote(), NOTHING);
  }

  @Override
  long send(Transfer source, MessageHeader header) {
    SocketAddress named = header.address().address();
    if (named == null) {
      return send(source, remote(), header.outgoing());
    }
    return named instanceof InetSocketAddress to
        ? send(source, to, header.outgoing())
        : Codes.EAFNOSUPPORT;
  }

  private long send(Transfer source, @Nullable InetSocketAddress to, ControlData said) {
    Internet internet = network.internet();
    int unbound = isBound() ? 0 : internet.listenAnywhere(this);
    if (unbound < 0) {
      return unbound;
    }
    int length = source.remaining();
    if (to == null) {
      return length > MOST_V6 + HEADER ? Codes.EMSGSIZE : Codes.EDESTADDRREQ;
    }
    InetSocketAddress target = internet.target(to, v6);
    if (target == null) {
      return Codes.EAFNOSUPPORT;
    }
    if (length > (Internet.isV4(target) ? MOST_V4 : MOST_V6)) {
      return Codes.EMSGSIZE;
    }
    if (target.getPort() == 0) {
      return Result.EINVAL;
    }
    if (outputShut) {
      return Codes.EPIPE;
    }
    if (Internet.isBroadcast(target) && !options.is(SocketOption.SO_BROADCAST)) {
      return Codes.EACCES;
    }
    Postage postage = DatagramControl.postage(this, target, said);
    if (postage.interfaceIndex() > Postage.NETWORK) {
      return Codes.ENODEV;
    }
    if (postage.hopLimit() == 0 && said.has(Kind.HOP_LIMIT) && Internet.isV4(target)) {
      return Result.EINVAL;
    }
    if (length > (long) postage.segment() * MOST_SEGMENTS) {
      return Result.EINVAL;
    }
    InetAddress host = sourceOf(target, postage, said);
    if (host == null) {
      return said.has(Kind.LOCAL_ADDRESS) ? Result.EINVAL : Codes.ENETUNREACH;
    }
    if (error != 0) {
      return takeError();
    }
    if (underWay >= sendBuffer()) {
      return Result.EAGAIN;
    }
    int port = Objects.requireNonNull(local()).getPort();
    Datagram.send(this, new InetSocketAddress(host, port), target, postage, source);
    return length;
  }

  /** The address that a datagram leaves from; null if there is none, or it is not the host's. */
  private @Nullable InetAddress sourceOf(
      InetSocketAddress target, Postage postage, ControlData said) {
    Internet internet = network.internet();
    if (said.has(Kind.LOCAL_ADDRESS)
        && said.localAddress().address() instanceof InetSocketAddress named
        && !named.getAddress().isAnyLocalAddress()) {
      InetAddress host = named.getAddress();
      return kernel.equals(internet.hostOf(kernel, host)) ? host : null;
    }
    InetSocketAddress bound = local();
    boolean free = bound == null || bound.getAddress().isAnyLocalAddress();
    return Internet.isToMany(target)
            && (free || Objects.requireNonNull(bound).getAddress().isMulticastAddress())
        ? internet.sourceBy(kernel, postage.interfaceIndex(), target.getAddress())
        : internet.sourceOf(this, target);
  }

  // Groups.

  @Override
  int setMembership(boolean join, InetAddress group, int index, @Nullable InetAddress source) {
    if (group instanceof Inet6Address && !v6) {
      return Result.ENOPROTOOPT;
    }
    if (!group.isMulticastAddress()) {
      return Result.EINVAL;
    }
    if (index < 0 || index > Postage.NETWORK) {
      return Codes.ENODEV;
    }
    int by = index != 0 ? index : DatagramControl.usual(network.internet(), kernel, group);
    return join ? memberships.join(group, by, source) : memberships.leave(group, by, source);
  }

  /** Whether it has joined the group of a datagram where that comes by. */
  boolean joins(Datagram datagram) {
    return memberships.has(datagram.to.getAddress(), datagram.postage.interfaceIndex());
  }

  /** Whether it takes what came to it among many. */
  boolean wants(Datagram datagram) {
    InetAddress group = datagram.to.getAddress();
    int index = datagram.postage.interfaceIndex();
    return !group.isMulticastAddress()
        || memberships.take(group, index, datagram.from.getAddress(), !kernel.system().isLinux());
  }

  /** A datagram takes memory of the sender for as long as a link holds it. */
  void charge(int bytes) {
    underWay += bytes;
  }

  /** A datagram has left the host: its sender hears of the room each time, sock_wfree. */
  void sent(int charge) {
    underWay -= charge;
    if (isWritable()) {
      arrived(Epoll.OUT);
    }
  }

  /** A datagram has arrived, which is dropped if there is no room. */
  void arrived(Datagram datagram) {
    if (charged > 0 && charged + datagram.charge() > options.value(SocketOption.SO_RCVBUF)) {
      network.trace(kernel.hostName(), this + " has no room for " + datagram);
      return;
    }
    charged += datagram.charge();
    datagram.arrival = DatagramControl.now(kernel);
    received.add(datagram);
    arrived(Epoll.IN | Epoll.PRI);
  }

  /** What was sent to an address did not get there: told to who is connected to it. */
  void refused(InetSocketAddress by, int code) {
    if (!released && by.equals(remote())) {
      error = code;
      changed();
    }
  }

  // Addresses.

  /** Whether it has a port; after a disconnect it may have a host alone. */
  boolean isBound() {
    return local() != null && local().getPort() != 0;
  }

  @Override
  int bind(SocketAddress address) {
    if (!(address instanceof InetSocketAddress at) || at.getAddress() == null) {
      return Codes.EAFNOSUPPORT;
    }
    if (isBound()) {
      return Result.EINVAL;
    }
    int result = network.internet().bind(this, at);
    if (result == 0) {
      hostNamed = !at.getAddress().isAnyLocalAddress();
      portNamed = at.getPort() != 0;
    }
    return result;
  }

  @Override
  int connect(SocketAddress address) {
    if (!(address instanceof InetSocketAddress to) || to.getAddress() == null) {
      return Codes.EAFNOSUPPORT;
    }
    Internet internet = network.internet();
    InetSocketAddress target = internet.target(to, v6);
    if (target == null) {
      return Codes.EAFNOSUPPORT;
    }
    if (Internet.isBroadcast(target) && !options.is(SocketOption.SO_BROADCAST)) {
      return Codes.EACCES;
    }
    InetAddress host = internet.sourceOf(this, target);
    if (host == null) {
      return Codes.ENETUNREACH;
    }
    int result = isBound() ? 0 : internet.listenAnywhere(this);
    if (result == 0) {
      setLocal(new InetSocketAddress(host, Objects.requireNonNull(local()).getPort()));
      setRemote(target);
    }
    return result;
  }

  @Override
  int disconnect() {
    InetSocketAddress bound = local();
    setRemote(null);
    if (bound == null) {
      return 0;
    }
    if (!portNamed) {
      network.internet().unbind(this);
    }
    InetAddress host = hostNamed ? bound.getAddress() : Internet.unbound(v6).getAddress();
    setLocal(new InetSocketAddress(host, portNamed ? bound.getPort() : 0));
    return 0;
  }

  @Override
  int peerAddress(AddressBuffer address) {
    if (remote() == null) {
      return Result.ENOTCONN;
    }
    address.set(remote());
    return 0;
  }

  @Override
  int shutdown(Direction direction) {
    if (remote() == null) {
      return Result.ENOTCONN;
    }
    inputShut |= direction != Direction.OUTPUT;
    outputShut |= direction != Direction.INPUT;
    changed();
    return 0;
  }

  @Override
  void release() {
    released = true;
    received.clear();
    if (isBound()) {
      network.internet().unbind(this);
    }
  }
}
