package dev.selkie.net;

import dev.selkie.Descriptor;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Kind;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the sources of this package have in common: a socket, its addresses and options. */
final class Socket {
  private static final int DEVICE_NAME_BYTES = 16;

  final Kernel kernel;
  final Sockets calls;
  final DescriptorLifetime lifetime;
  final Descriptor descriptor;
  final boolean v6;

  private Socket(Kernel kernel, int number, Sockets.Type type, boolean v6, String holder) {
    Kind kind =
        switch (type) {
          case STREAM -> Kind.STREAM_SOCKET;
          case DATAGRAM -> Kind.DATAGRAM_SOCKET;
          case SEQUENCED_PACKET -> Kind.PACKET_SOCKET;
        };
    this.kernel = kernel;
    this.calls = kernel.sockets();
    this.lifetime = DescriptorLifetime.of(kernel, number, holder, kind, Ownership.OWNED);
    this.descriptor = Descriptor.of(lifetime);
    this.v6 = v6;
  }

  /** A new socket of a type for an address. */
  static Socket open(Kernel kernel, Sockets.Type type, InetSocketAddress address, String holder)
      throws IOException {
    InetAddress host = address.getAddress();
    if (host == null) {
      throw new IllegalArgumentException(
          "unresolved address " + address.getHostString() + ": resolve the name first");
    }
    Sockets.Domain domain =
        host instanceof Inet6Address ? Sockets.Domain.INET6 : Sockets.Domain.INET;
    int number = kernel.sockets().socket(domain, type);
    if (number < 0) {
      throw new SystemCallException("socket", domain + ", " + type, number, kernel);
    }
    return new Socket(kernel, number, type, domain == Sockets.Domain.INET6, holder);
  }

  /** A new Unix socket. */
  static Socket openUnix(Kernel kernel, Sockets.Type type, String holder) throws IOException {
    int number = kernel.sockets().socket(Sockets.Domain.UNIX, type);
    if (number < 0) {
      throw new SystemCallException("socket", Sockets.Domain.UNIX + ", " + type, number, kernel);
    }
    return new Socket(kernel, number, type, false, holder);
  }

  /** A Unix socket that accept or socketpair made. */
  static Socket made(Kernel kernel, int number, Sockets.Type type, String holder) {
    return new Socket(kernel, number, type, false, holder);
  }

  /** A socket that accept made; none of the options of TCP has two names. */
  static Socket accepted(Kernel kernel, int number, String holder) {
    return new Socket(kernel, number, Sockets.Type.STREAM, false, holder);
  }

  /** What a socket that was made elsewhere has to be. */
  enum Role {
    LISTENER("listening stream socket"),
    STREAM("connected stream socket"),
    DATAGRAM("datagram socket");

    private final String text;

    Role(String text) {
      this.text = text;
    }

    Sockets.Type type() {
      return this == DATAGRAM ? Sockets.Type.DATAGRAM : Sockets.Type.STREAM;
    }

    boolean is(long type, boolean listens) {
      int wanted = this == DATAGRAM ? Sockets.SOCK_DGRAM : Sockets.SOCK_STREAM;
      return type == wanted && listens == (this == LISTENER);
    }

    /** Whether it is that among Unix sockets, where sequenced packets are a stream of messages. */
    boolean isUnix(long type, boolean listens) {
      return is(type == Sockets.SOCK_SEQPACKET ? Sockets.SOCK_STREAM : type, listens);
    }
  }

  /** A socket of the Internet made elsewhere, which becomes non-blocking. */
  static Socket adopt(Kernel kernel, int number, Role role, String holder) throws IOException {
    long type = ask(kernel, number, SocketOption.SO_TYPE);
    boolean listens = ask(kernel, number, SocketOption.SO_ACCEPTCONN) > 0;
    if (!role.is(type, listens)) {
      throw new IllegalArgumentException("fd " + number + " is no " + role.text);
    }
    AddressBuffer local = localAddress(kernel, number);
    if (local != null && !local.isV4() && !local.isV6()) {
      throw new IllegalArgumentException("fd " + number + " is no socket of the Internet");
    }
    setNonBlocking(kernel, number);
    return new Socket(kernel, number, role.type(), local != null && local.isV6(), holder);
  }

  /** A Unix socket made elsewhere, which becomes non-blocking. */
  static Socket adoptUnix(Kernel kernel, int number, Role role, String holder) throws IOException {
    long type = ask(kernel, number, SocketOption.SO_TYPE);
    boolean listens = ask(kernel, number, SocketOption.SO_ACCEPTCONN) > 0;
    if (!role.isUnix(type, listens)) {
      throw new IllegalArgumentException("fd " + number + " is no " + role.text);
    }
    AddressBuffer local = localAddress(kernel, number);
    if (local == null || !local.isUnix()) {
      throw new IllegalArgumentException("fd " + number + " is no Unix socket");
    }
    setNonBlocking(kernel, number);
    boolean packets = type == Sockets.SOCK_SEQPACKET;
    return new Socket(
        kernel, number, packets ? Sockets.Type.SEQUENCED_PACKET : role.type(), false, holder);
  }

  static long ask(Kernel kernel, int number, SocketOption option) throws IOException {
    long value = kernel.sockets().getOption(number, option);
    if (value < 0) {
      throw new SystemCallException("getsockopt(" + option + ")", "fd " + number, value, kernel);
    }
    return value;
  }

  /** A socket's own address, or null if the system has forgotten it. */
  static @Nullable AddressBuffer localAddress(Kernel kernel, int number) throws IOException {
    AddressBuffer local = new AddressBuffer();
    int result = kernel.sockets().localAddress(number, local);
    if (result == Result.EINVAL) { // macOS of what was reset
      return null;
    }
    if (result < 0) {
      throw new SystemCallException("getsockname", "fd " + number, result, kernel);
    }
    return local;
  }

  private static void setNonBlocking(Kernel kernel, int number) throws IOException {
    int result = kernel.files().setNonBlocking(number, true);
    if (result < 0) {
      throw new SystemCallException("fcntl", "fd " + number, result, kernel);
    }
  }

  static InetSocketAddress internet(SocketAddress address) {
    if (Objects.requireNonNull(address, "address") instanceof InetSocketAddress internet) {
      return internet;
    }
    throw new IllegalArgumentException("no Internet address: " + address);
  }

  static InetSocketAddress resolved(SocketAddress address) {
    InetSocketAddress internet = internet(address);
    if (internet.getAddress() == null) {
      throw new IllegalArgumentException(
          "unresolved address " + internet.getHostString() + ": resolve the name first");
    }
    return internet;
  }

  /** Sets options, and closes the socket if one is refused. */
  void setAll(Map<? extends NetOption<?>, Object> options) throws IOException {
    try {
      for (Map.Entry<? extends NetOption<?>, Object> entry : options.entrySet()) {
        setUnchecked(entry.getKey(), entry.getValue());
      }
    } catch (IOException | RuntimeException e) {
      lifetime.close();
      throw e;
    }
  }

  @SuppressWarnings("unchecked") // builders put values of the option's type only
  private <T> void setUnchecked(NetOption<T> option, Object value) throws IOException {
    set(option, (T) value);
  }

  <T> void set(NetOption<T> option, T value) throws IOException {
    Objects.requireNonNull(option, "option");
    Objects.requireNonNull(value, "value");
    lifetime.acquireOrThrow();
    try {
      NetOption.Codec<T> codec = option.codec();
      if (codec == null) {
        int result = calls.setOption(lifetime.number(), option.option(), (String) value);
        check("setsockopt(" + option + ")", result);
        return;
      }
      int number = codec.encode(value);
      int result = calls.setOption(lifetime.number(), nameOf(option), number);
      check("setsockopt(" + nameOf(option) + ")", result);
      if (nameOf(option) != option.option()) {
        // Counts for what comes and goes by IPv4; a system that refuses it has no such sockets.
        int _ = calls.setOption(lifetime.number(), option.option(), number);
      }
    } finally {
      lifetime.release();
    }
  }

  @SuppressWarnings("unchecked") // an option without a codec is of text
  <T> T get(NetOption<T> option) throws IOException {
    Objects.requireNonNull(option, "option");
    lifetime.acquireOrThrow();
    try {
      NetOption.Codec<T> codec = option.codec();
      String call = "getsockopt(" + nameOf(option) + ")";
      if (codec != null) {
        return codec.decode((int) check(call, calls.getOption(lifetime.number(), nameOf(option))));
      }
      byte[] text = new byte[DEVICE_NAME_BYTES];
      int length = (int) check(call, calls.getOption(lifetime.number(), option.option(), text));
      return (T) new String(text, 0, untilNul(text, length), StandardCharsets.UTF_8);
    } finally {
      lifetime.release();
    }
  }

  /** What a socket of this family calls an option. */
  private SocketOption nameOf(NetOption<?> option) {
    return v6 && option.optionV6() != null ? option.optionV6() : option.option();
  }

  private static int untilNul(byte[] text, int length) {
    int end = 0;
    while (end < length && text[end] != 0) {
      end++;
    }
    return end;
  }

  /** The pending error, taken off the socket: a positive canonical number, or 0. */
  int takeError() throws IOException {
    lifetime.acquireOrThrow();
    try {
      return (int)
          check("getsockopt(SO_ERROR)", calls.getOption(lifetime.number(), SocketOption.SO_ERROR));
    } finally {
      lifetime.release();
    }
  }

  /** Whether both directions are over, or were never there. */
  boolean isHungUp() throws IOException {
    lifetime.acquireOrThrow();
    try {
      return (check("poll", kernel.files().poll(lifetime.number(), 0)) & Poll.HUP) != 0;
    } finally {
      lifetime.release();
    }
  }

  InetSocketAddress localAddress() throws IOException {
    AddressBuffer address = new AddressBuffer();
    lifetime.acquireOrThrow();
    try {
      check("getsockname", calls.localAddress(lifetime.number(), address));
    } finally {
      lifetime.release();
    }
    return internet(Objects.requireNonNull(address.address()));
  }

  /** A Unix socket's own address; one that has none is unnamed. */
  UnixAddress unixAddress() throws IOException {
    AddressBuffer address = new AddressBuffer();
    lifetime.acquireOrThrow();
    try {
      check("getsockname", calls.localAddress(lifetime.number(), address));
    } finally {
      lifetime.release();
    }
    return unix(address);
  }

  /** The address of a Unix socket's peer, or null while there is no connection. */
  @Nullable UnixAddress unixPeer() throws IOException {
    AddressBuffer address = new AddressBuffer();
    lifetime.acquireOrThrow();
    try {
      int result = calls.peerAddress(lifetime.number(), address);
      if (result == Result.ENOTCONN || result == Result.EINVAL) {
        return null;
      }
      check("getpeername", result);
    } finally {
      lifetime.release();
    }
    return unix(address);
  }

  private static UnixAddress unix(AddressBuffer address) {
    UnixAddress told = UnixAddress.of(address.address());
    return told == null ? UnixAddress.unnamed() : told;
  }

  /** The address of a Unix socket that somebody asks for. */
  static UnixAddress unix(Kernel kernel, SocketAddress address) {
    UnixAddress unix = UnixAddress.of(Objects.requireNonNull(address, "address"));
    if (unix == null) {
      throw new IllegalArgumentException("no address of a Unix socket: " + address);
    }
    if (unix.isAbstract() && !kernel.facilities().contains(Facility.ABSTRACT_NAMES)) {
      throw new UnsupportedOperationException(
          kernel.name() + " has no abstract names, only paths: " + unix);
    }
    int longest = kernel.sockets().longestPath() + (unix.isAbstract() ? 1 : 0);
    if (unix.length() > longest) {
      throw new IllegalArgumentException(
          ("%s of %d bytes, %s takes %d at most for a Unix socket; use a shorter one, or one from"
                  + " the current folder: %s")
              .formatted(
                  unix.isPath() ? "a path" : "a name",
                  unix.length(),
                  kernel.name(),
                  longest,
                  unix));
    }
    return unix;
  }

  /** Who the peer of a connected Unix socket is. */
  PeerCredentials peerCredentials() throws IOException {
    int[] ids = new int[3];
    lifetime.acquireOrThrow();
    try {
      check("getsockopt(SO_PEERCRED)", calls.peerCredentials(lifetime.number(), ids));
    } finally {
      lifetime.release();
    }
    return PeerCredentials.of(ids[0], ids[1], ids[2]);
  }

  /** The peer's address, or null while there is no connection. */
  @Nullable InetSocketAddress peerAddress() throws IOException {
    AddressBuffer address = new AddressBuffer();
    lifetime.acquireOrThrow();
    try {
      int result = calls.peerAddress(lifetime.number(), address);
      if (result == Result.ENOTCONN) {
        return null;
      }
      check("getpeername", result);
    } finally {
      lifetime.release();
    }
    return internet(Objects.requireNonNull(address.address()));
  }

  long check(String call, long result) throws SystemCallException {
    if (result < 0) {
      throw new SystemCallException(call, lifetime, result, kernel);
    }
    return result;
  }
}
