package dev.selkie.net;

import dev.selkie.Descriptor;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Kind;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
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
    Kind kind = type == Sockets.Type.STREAM ? Kind.STREAM_SOCKET : Kind.DATAGRAM_SOCKET;
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
  }

  /** A socket made elsewhere, which becomes non-blocking. */
  static Socket adopt(Kernel kernel, int number, Role role, String holder) throws IOException {
    long type = kernel.sockets().getOption(number, SocketOption.SO_TYPE);
    if (type < 0) {
      throw new SystemCallException("getsockopt(SO_TYPE)", "fd " + number, type, kernel);
    }
    long listens = kernel.sockets().getOption(number, SocketOption.SO_ACCEPTCONN);
    if (listens < 0) {
      throw new SystemCallException("getsockopt(SO_ACCEPTCONN)", "fd " + number, listens, kernel);
    }
    if (!role.is(type, listens > 0)) {
      throw new IllegalArgumentException("fd " + number + " is no " + role.text);
    }
    AddressBuffer local = new AddressBuffer();
    long result = kernel.sockets().localAddress(number, local);
    if (result < 0 && result != Result.EINVAL) { // macOS says EINVAL of what was reset
      throw new SystemCallException("getsockname", "fd " + number, result, kernel);
    }
    if (result >= 0 && !(local.address() instanceof InetSocketAddress)) {
      throw new IllegalArgumentException("fd " + number + " is no socket of the Internet");
    }
    result = kernel.files().setNonBlocking(number, true);
    if (result < 0) {
      throw new SystemCallException("fcntl", "fd " + number, result, kernel);
    }
    return new Socket(kernel, number, role.type(), local.isV6(), holder);
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
