package dev.selkie.net;

import dev.selkie.DatagramBatch;
import dev.selkie.DatagramSource;
import dev.selkie.Descriptor;
import dev.selkie.Envelope;
import dev.selkie.descriptor.AddressText;
import dev.selkie.descriptor.DatagramTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.MessageBatch;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A UDP socket that never waits, udp(7).
 *
 * <p>Receiving and sending work as {@link DatagramSource} says. A socket is writable at once, and
 * in practice always; what is sent may be lost on the way, be overtaken or arrive twice, and what
 * arrives when the receive buffer is full is dropped. A datagram that is longer than the system
 * takes, 65507 bytes over IPv4 at most, is refused with {@code EMSGSIZE}.
 *
 * <p><b>Connected or not.</b> A connected socket has a peer, {@link #connectTo}: it receives from
 * there alone, {@link #send(ByteBuffer)} goes there, and the refusals of the peer's host (ICMP) are
 * told, once each, by the next call that moves a datagram, or by {@link #takeError}: {@code recv(fd
 * 7 to 127.0.0.1:9): ECONNREFUSED}. The socket stays usable. A socket that is not connected sends
 * to whom an {@link Envelope} names and hears of no refusal. To send elsewhere from a connected
 * socket is possible on Linux, and refused with {@code EISCONN} by the BSDs.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread; each datagram goes to one
 * receiver.
 */
public final class UdpSocket implements DatagramSource {
  private static final String HOLDER = "UdpSocket";

  /** The length is a number of 16 bits, RFC 768. */
  private static final int LONGEST = 65_535;

  private final Socket socket;
  private final DescriptorLifetime lifetime; // the socket's, one step nearer
  private final boolean v6;
  private volatile @Nullable InetSocketAddress remote;

  private UdpSocket(Socket socket) {
    this.socket = socket;
    this.lifetime = socket.lifetime;
    this.v6 = socket.v6;
  }

  /** Binds a socket of the current kernel; see {@link #bind(Kernel, SocketAddress)}. */
  public static UdpSocket bind(SocketAddress address) throws IOException {
    return builder().bind(address);
  }

  /**
   * A socket at a local address; port 0 lets the system choose one, see {@link #localAddress}. At
   * an IPv6 address it takes IPv4 too, where the system does that.
   *
   * @throws SystemCallException if the system refuses, such as EADDRINUSE or EACCES
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  public static UdpSocket bind(Kernel kernel, SocketAddress address) throws IOException {
    return builder().kernel(kernel).bind(address);
  }

  /** Connects a socket of the current kernel; see {@link #connect(Kernel, SocketAddress)}. */
  public static UdpSocket connect(SocketAddress address) throws IOException {
    return builder().connect(address);
  }

  /**
   * A socket with a peer, at an address that the system chooses. Nothing is sent: whether anybody
   * is there shows when something is.
   *
   * @throws SystemCallException if the system refuses, such as ENETUNREACH
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  public static UdpSocket connect(Kernel kernel, SocketAddress address) throws IOException {
    return builder().kernel(kernel).connect(address);
  }

  /** A socket with options set before it is bound or connected. */
  public static Builder builder() {
    return new Builder();
  }

  /** Takes charge of a socket of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static UdpSocket adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a datagram socket made elsewhere, which becomes non-blocking.
   *
   * @throws SystemCallException if the number is not open or no socket; it is not taken then
   * @throws IllegalArgumentException if it is another kind of socket; it is not taken then
   */
  public static UdpSocket adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Socket socket = Socket.adopt(kernel, number, Socket.Role.DATAGRAM, HOLDER);
    socket.lifetime.share(); // whoever made it may have a duplicate
    try {
      UdpSocket taken = new UdpSocket(socket);
      taken.setRemote(socket.peerAddress());
      return taken;
    } catch (IOException e) {
      socket.lifetime.detach(); // not taken
      throw e;
    }
  }

  /**
   * Gives the socket up: its registrations end, and the caller closes the number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    return lifetime.detach();
  }

  /**
   * Makes somebody the peer, in place of the one before. What has arrived from others until then is
   * still received.
   *
   * @throws SystemCallException if the system refuses, such as ENETUNREACH
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  public UdpSocket connectTo(SocketAddress peer) throws IOException {
    InetSocketAddress wanted = Socket.resolved(peer);
    lifetime.acquireOrThrow();
    try {
      int result;
      do {
        result = socket.calls.connect(lifetime.number(), fitting(wanted));
      } while (result == Result.EINTR);
      if (result < 0) {
        throw new SystemCallException("connect", AddressText.of(wanted), result, socket.kernel);
      }
      setRemote(wanted);
    } finally {
      lifetime.release();
    }
    return this;
  }

  /** Takes the peer away: the socket keeps its port and receives from anybody again. */
  public void disconnect() throws IOException {
    lifetime.acquireOrThrow();
    try {
      InetSocketAddress before = socket.localAddress();
      int result;
      do {
        result = socket.calls.disconnect(lifetime.number());
      } while (result == Result.EINTR);
      socket.check("connect(AF_UNSPEC)", result);
      setRemote(null);
      InetSocketAddress after = socket.localAddress();
      if (after.getPort() != before.getPort()) { // Linux frees a port that it has chosen itself
        InetSocketAddress again = new InetSocketAddress(after.getAddress(), before.getPort());
        socket.check("bind", socket.calls.bind(lifetime.number(), again));
      }
    } finally {
      lifetime.release();
    }
  }

  private void setRemote(@Nullable InetSocketAddress peer) {
    remote = peer;
    lifetime.setPeer(peer);
  }

  /** An IPv4 address as a socket of IPv6 takes it on every system: mapped, RFC 4291, 2.5.5.2. */
  private InetSocketAddress fitting(InetSocketAddress address) {
    if (!v6 || !(address.getAddress() instanceof Inet4Address v4)) {
      return address;
    }
    byte[] mapped = ByteBuffer.allocate(16).putInt(8, 0xffff).put(12, v4.getAddress()).array();
    try {
      InetAddress host = Inet6Address.getByAddress(null, mapped, -1);
      return new InetSocketAddress(host, address.getPort());
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public int receive(ByteBuffer target) throws IOException {
    return DatagramTransfer.receive(lifetime, target, LONGEST, null);
  }

  @Override
  public int receive(ByteBuffer target, Envelope envelope) throws IOException {
    return DatagramTransfer.receive(
        lifetime, target, LONGEST, Objects.requireNonNull(envelope, "envelope").header());
  }

  /**
   * {@inheritDoc}
   *
   * @throws SystemCallException EDESTADDRREQ if there is no peer, EMSGSIZE if the datagram is too
   *     long
   */
  @Override
  public int send(ByteBuffer source) throws IOException {
    return DatagramTransfer.send(lifetime, source, null);
  }

  /**
   * {@inheritDoc}
   *
   * @throws SystemCallException EMSGSIZE if the datagram is too long, EACCES if it goes to a
   *     broadcast address without {@link UdpOption#BROADCAST}
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  @Override
  public int send(ByteBuffer source, Envelope envelope) throws IOException {
    fit(Objects.requireNonNull(envelope, "envelope").header());
    return DatagramTransfer.send(lifetime, source, envelope.header());
  }

  /** Makes what a header says fit the socket's family. */
  private void fit(MessageHeader header) {
    AddressBuffer to = header.address();
    if (to.isV4() || to.isV6()) {
      to.fit(v6);
    } else if (to.address() != null) {
      Socket.resolved(to.address()); // says what is wrong with it
    }
    ControlData control = header.outgoing();
    if (!control.isEmpty()) {
      InetSocketAddress peer = to.address() == null ? remote : null;
      boolean toV4 = to.isMapped() || (peer != null && peer.getAddress() instanceof Inet4Address);
      control.setV6(v6 && !toV4);
      control.localAddress().fit(v6);
    }
  }

  @Override
  public DatagramBatch newBatch(int capacity, int bytes) {
    return new DatagramBatch(this, socket.kernel, capacity, bytes, this::fit);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException for a batch that another source made
   */
  @Override
  public int receive(DatagramBatch batch) throws IOException {
    MessageBatch messages = Objects.requireNonNull(batch, "batch").of(this);
    int n = DatagramTransfer.receive(lifetime, messages, messages.capacity());
    batch.received(n);
    return n;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException for a batch that another source made
   */
  @Override
  public int send(DatagramBatch batch) throws IOException {
    MessageBatch messages = Objects.requireNonNull(batch, "batch").of(this);
    int remaining = batch.remaining();
    if (remaining == 0) {
      return 0;
    }
    int n = DatagramTransfer.send(lifetime, messages, batch.size() - remaining, remaining);
    batch.skip(Math.max(n, 0));
    return n;
  }

  @Override
  public int send(ByteBuffer source, SocketAddress to) throws IOException {
    return send(source, Envelope.to(Socket.resolved(to)));
  }

  /**
   * Joins a multicast group: what is sent to it, and to this socket's port, is received. Bind to
   * the port at any address; sockets that share it set {@link UdpOption#REUSE_ADDRESS}.
   *
   * @throws SystemCallException if the system refuses, such as EADDRINUSE for what is joined
   *     already, ENODEV for an interface that is not there, with the names of those that are, and
   *     ENOPROTOOPT where the system cannot choose senders
   */
  public UdpSocket join(Membership membership) throws IOException {
    return setMembership(membership, true);
  }

  /**
   * Leaves a group; closing does too.
   *
   * @throws SystemCallException EADDRNOTAVAIL if it was not joined so
   */
  public UdpSocket leave(Membership membership) throws IOException {
    return setMembership(membership, false);
  }

  private UdpSocket setMembership(Membership membership, boolean join) throws IOException {
    int index = interfaceOf(membership);
    lifetime.acquireOrThrow();
    try {
      int number = lifetime.number();
      int result =
          socket.calls.setMembership(number, join, membership.group(), index, membership.source());
      if (result < 0) {
        String call = "setsockopt(" + (join ? "join " : "leave ") + membership + ")";
        throw new SystemCallException(call, lifetime, result, socket.kernel);
      }
    } finally {
      lifetime.release();
    }
    return this;
  }

  /** An IPv6 address may bear an interface itself, as in {@code ff02::fb%eth1}. */
  private int interfaceOf(Membership membership) throws IOException {
    int scope = membership.group() instanceof Inet6Address group ? group.getScopeId() : 0;
    String name = membership.interfaceName();
    if (name == null) {
      return scope;
    }
    int index = NetInterface.named(socket.kernel, name).index();
    if (scope != 0 && scope != index) {
      throw new IllegalArgumentException(
          "%s is of interface %d, and %s is number %d"
              .formatted(membership.group().getHostAddress(), scope, name, index));
    }
    return index;
  }

  /**
   * Chooses the network interface that datagrams to groups leave by; without it the system does.
   *
   * @throws SystemCallException ENODEV if there is none of that name, with those that there are
   */
  public UdpSocket multicastInterface(String name) throws IOException {
    int index = NetInterface.named(socket.kernel, name).index();
    socket.set(UdpOption.MULTICAST_INTERFACE, index);
    return this;
  }

  /** The pending error of the socket (SO_ERROR), taken off it, or null if there is none. */
  public @Nullable SystemCallException takeError() throws IOException {
    int error = socket.takeError();
    return error == 0 ? null : new SystemCallException("SO_ERROR", lifetime, -error, socket.kernel);
  }

  /**
   * Sets an option.
   *
   * @throws SystemCallException if the system refuses: ENOPROTOOPT where it does not have the
   *     option
   */
  public <T> UdpSocket set(UdpOption<T> option, T value) throws IOException {
    socket.set(option, value);
    return this;
  }

  /** An option's value. */
  public <T> T get(UdpOption<T> option) throws IOException {
    return socket.get(option);
  }

  /** The socket's own address. */
  public InetSocketAddress localAddress() throws IOException {
    return socket.localAddress();
  }

  /** The peer's address, also after close; null while the socket is not connected. */
  public @Nullable InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public Descriptor descriptor() {
    return socket.descriptor;
  }

  @Override
  public void close() {
    lifetime.close();
  }

  @Override
  public String toString() {
    return socket.descriptor.toString();
  }

  /** What is set on a socket before it is bound or connected. */
  public static final class Builder {
    private final Map<UdpOption<?>, Object> options = new LinkedHashMap<>();
    private @Nullable Kernel kernel;

    private Builder() {}

    /** The kernel; {@link Kernel#current()} unless set. */
    public Builder kernel(Kernel kernel) {
      this.kernel = Objects.requireNonNull(kernel, "kernel");
      return this;
    }

    /** An option. */
    public <T> Builder set(UdpOption<T> option, T value) {
      options.put(Objects.requireNonNull(option, "option"), Objects.requireNonNull(value, "value"));
      return this;
    }

    /**
     * Binds.
     *
     * @see UdpSocket#bind(Kernel, SocketAddress)
     */
    public UdpSocket bind(SocketAddress address) throws IOException {
      InetSocketAddress wanted = Socket.resolved(address);
      UdpSocket made = open(wanted);
      int result = made.socket.calls.bind(made.lifetime.number(), wanted);
      if (result < 0) {
        made.close();
        throw new SystemCallException("bind", AddressText.of(wanted), result, made.socket.kernel);
      }
      return made;
    }

    /**
     * Connects.
     *
     * @see UdpSocket#connect(Kernel, SocketAddress)
     */
    public UdpSocket connect(SocketAddress address) throws IOException {
      InetSocketAddress wanted = Socket.resolved(address);
      UdpSocket made = open(wanted);
      try {
        return made.connectTo(wanted);
      } catch (IOException e) {
        made.close();
        throw e;
      }
    }

    private UdpSocket open(InetSocketAddress address) throws IOException {
      Kernel host = kernel == null ? Kernel.current() : kernel;
      Socket socket = Socket.open(host, Sockets.Type.DATAGRAM, address, HOLDER);
      socket.setAll(options);
      return new UdpSocket(socket);
    }
  }
}
