package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets.Direction;
import java.net.InetAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A socket: what the calls of {@code Sockets} reach. Each refuses what its kind does not have. */
abstract class SocketFile extends OpenFile {
  final SocketOptions options;

  SocketFile(SimulatedKernel kernel, SocketOptions options) {
    super(kernel);
    this.options = options;
  }

  @Override
  final int format() {
    return Files.S_IFSOCK;
  }

  /** Joins or leaves a multicast group. */
  int setMembership(boolean join, InetAddress group, int index, @Nullable InetAddress source) {
    return Result.ENOPROTOOPT;
  }

  int bind(SocketAddress address) {
    return Result.EINVAL;
  }

  int listen(int backlog) {
    return Codes.EOPNOTSUPP;
  }

  /** Takes a connection, which has no descriptor yet, or null where the result says why not. */
  @Nullable SocketFile acceptable() {
    return null;
  }

  /** Why there is no {@link #acceptable} connection. */
  int whyNotAcceptable() {
    return Codes.EOPNOTSUPP;
  }

  /** Takes the connection that {@link #acceptable} showed. */
  void accepted() {}

  int connect(SocketAddress address) {
    return Codes.EOPNOTSUPP;
  }

  int disconnect() {
    return Codes.EOPNOTSUPP;
  }

  abstract int shutdown(Direction direction);

  /** Reads a message and what goes with it; what has no messages has nothing to say. */
  long receive(Transfer target, MessageHeader header) {
    header.address().set(null);
    header.setTruncated(false);
    header.received().clear();
    return read(target);
  }

  /** Writes a message to whom the header names; what has a peer sends there. */
  long send(Transfer source, MessageHeader header) {
    return write(source);
  }

  /** Reads without taking off. */
  abstract long peek(Transfer target);

  /** Who the peer is: process, user and group. */
  int peerCredentials(int[] ids) {
    return Result.ENOPROTOOPT;
  }

  int sendUrgent(byte value) {
    return Codes.EOPNOTSUPP;
  }

  int receiveUrgent() {
    return Codes.EOPNOTSUPP;
  }

  abstract int localAddress(AddressBuffer address);

  abstract int peerAddress(AddressBuffer address);

  /** Takes the pending error off: a negative code, or 0. */
  abstract int takeError();

  /** SO_TYPE, in Linux's numbering. */
  abstract int type();

  boolean isListening() {
    return false;
  }

  long option(SocketOption option) {
    return switch (option) {
      case SO_ERROR -> -takeError();
      case SO_TYPE -> type();
      case SO_ACCEPTCONN -> isListening() ? 1 : 0;
      default -> options.get(option);
    };
  }

  int option(SocketOption option, int value) {
    return options.set(option, value);
  }
}
