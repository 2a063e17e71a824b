package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.UnixAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a Unix socket is beside what it carries: its type, its name, its peer and whose it is. */
abstract sealed class UnixEndpoint extends SocketFile permits UnixSocket {
  /** Every program of a host is one process of one user. */
  static final int PID = SimulatedProcesses.SELF;

  static final int USER = 1000;

  private static final int STREAM_NUMBER = 1;
  private static final int DATAGRAM_NUMBER = 2;
  private static final int SEQUENCED_NUMBER = 5;

  final Sockets.Type type;

  /** The sockets of datagrams that have this one as their peer. */
  final List<UnixSocket> senders = new ArrayList<>(0);

  @Nullable UnixAddress name;
  @Nullable UnixAddress peerName;
  @Nullable UnixSocket peer;
  boolean connected;
  boolean open = true;

  /** Whether the name is its own: a connection that was accepted has the listener's. */
  boolean bound;

  UnixEndpoint(SimulatedKernel kernel, Sockets.Type type, SocketOptions options) {
    super(kernel, options);
    this.type = type;
  }

  void setName(@Nullable UnixAddress given) {
    name = given;
  }

  boolean is(Sockets.Type wanted) {
    return type == wanted;
  }

  boolean isOpen() {
    return open;
  }

  @Override
  int bind(SocketAddress address) {
    UnixAddress asked = UnixAddress.of(address);
    if (asked == null || name != null) {
      return Result.EINVAL;
    }
    UnixAddress wanted =
        asked.isUnnamed() && kernel.system().isLinux() ? kernel.unixNames().choose() : asked;
    int result = kernel.unixNames().add(wanted, self());
    if (result == 0) {
      setName(wanted);
      bound = true;
    }
    return result;
  }

  /** Whether what a socket sends comes here. */
  final boolean isPeerOf(UnixSocket other) {
    return other.peer != null && other.peer.is(this);
  }

  @Override
  final int disconnect() {
    if (isConnectionBased()) {
      return Result.EINVAL;
    }
    if (peer != null) {
      peer.senders.remove(self());
    }
    peer = null;
    peerName = null;
    connected = false;
    return 0;
  }

  @Override
  int option(SocketOption option, int value) {
    return isRefused(option) ? Result.ENOPROTOOPT : super.option(option, value);
  }

  @Override
  long option(SocketOption option) {
    return isRefused(option) ? Result.ENOPROTOOPT : super.option(option);
  }

  private boolean isRefused(SocketOption option) {
    return option == SocketOption.SO_PASSCRED && !kernel.system().isLinux();
  }

  @Override
  int peerCredentials(int[] ids) {
    if (!connected && !isListening()) {
      return Result.ENOTCONN;
    }
    ids[0] = kernel.system().isLinux() ? PID : -1;
    ids[1] = USER;
    ids[2] = USER;
    return 0;
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
  int localAddress(AddressBuffer address) {
    address.setUnix(name);
    return 0;
  }

  @Override
  int peerAddress(AddressBuffer address) {
    if (peer == null) {
      return Result.ENOTCONN;
    }
    address.setUnix(peerName);
    return 0;
  }

  final boolean isConnectionBased() {
    return type != Sockets.Type.DATAGRAM;
  }

  abstract UnixSocket self();
}
