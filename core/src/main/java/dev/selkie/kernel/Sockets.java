package dev.selkie.kernel;

import java.net.InetAddress;
import java.net.SocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * System calls on sockets. Every socket is made non-blocking and close-on-exec. The calls that move
 * bytes are recv(2), send(2), recvmsg(2) and sendmsg(2), and never raise SIGPIPE.
 */
public interface Sockets extends StreamCalls {
  /** What {@link SocketOption#SO_TYPE} says of a {@link Type#STREAM}; the same on every system. */
  int SOCK_STREAM = 1;

  /** And of a {@link Type#DATAGRAM}. */
  int SOCK_DGRAM = 2;

  /** And of a {@link Type#SEQUENCED_PACKET}. */
  int SOCK_SEQPACKET = 5;

  /** The protocol family of a socket. */
  enum Domain {
    /** IPv4. */
    INET,
    /** IPv6. */
    INET6,
    /** Local to the machine. */
    UNIX
  }

  /** The communication style of a socket. */
  enum Type {
    /** A reliable stream of bytes. */
    STREAM,
    /** Datagrams. */
    DATAGRAM,
    /** A reliable sequence of messages. */
    SEQUENCED_PACKET
  }

  /** Which directions {@link #shutdown} ends. */
  enum Direction {
    /** Receiving. */
    INPUT,
    /** Sending. */
    OUTPUT,
    /** Both. */
    BOTH
  }

  /** Makes a socket, socket(2). */
  default int socket(Domain domain, Type type) {
    return Result.ENOSYS;
  }

  /**
   * Makes two connected sockets without a name, socketpair(2).
   *
   * @param ends receives the two descriptors
   */
  default int pair(Type type, int[] ends) {
    return Result.ENOSYS;
  }

  /** Gives the socket its local address, bind(2). */
  default int bind(int descriptor, SocketAddress address) {
    return Result.ENOSYS;
  }

  /** Lets connections queue, listen(2). */
  default int listen(int descriptor, int backlog) {
    return Result.ENOSYS;
  }

  /**
   * Takes the first connection off the backlog, accept4(2).
   *
   * @param peer receives the peer's address, unless null
   * @return the new socket's descriptor
   */
  default int accept(int descriptor, @Nullable AddressBuffer peer) {
    return Result.ENOSYS;
  }

  /** Starts a connection, connect(2): 0 once made, {@link Result#EINPROGRESS} while it is made. */
  default int connect(int descriptor, SocketAddress address) {
    return Result.ENOSYS;
  }

  /** Takes the peer from a datagram socket, connect(2) with AF_UNSPEC. */
  default int disconnect(int descriptor) {
    return Result.ENOSYS;
  }

  /**
   * Receives one message to native memory, recv(2), or recvmsg(2) with a header. What does not fit
   * is lost. Does not allocate on the Java heap in the steady state.
   *
   * @param header receives what goes with the message, unless null
   * @return the count of bytes, 0 for an empty message, or a negative code
   */
  default int receive(int descriptor, long address, int length, @Nullable MessageHeader header) {
    return Result.ENOSYS;
  }

  /** Receives one message to heap memory, of which 64 KiB are used at most. */
  default int receive(
      int descriptor, byte[] target, int offset, int length, @Nullable MessageHeader header) {
    return Result.ENOSYS;
  }

  /**
   * Sends native memory as one message: to the peer by send(2), or by sendmsg(2) as a header says.
   * Does not allocate on the Java heap in the steady state.
   *
   * @return the count of bytes, or a negative code
   */
  default int send(int descriptor, long address, int length, @Nullable MessageHeader header) {
    return Result.ENOSYS;
  }

  /** Sends heap memory as one message, 64 KiB at most: EMSGSIZE. */
  default int send(
      int descriptor, byte[] source, int offset, int length, @Nullable MessageHeader header) {
    return Result.ENOSYS;
  }

  /**
   * Room for a batch of messages of the Internet.
   *
   * @param capacity how many
   * @param bytes how long each may be
   */
  default MessageBatch newBatch(int capacity, int bytes) {
    throw new UnsupportedOperationException("this kernel has no batches of messages");
  }

  /**
   * Receives what messages there are, up to a count, recvmmsg(2); one by one where the system does
   * not have that. Does not allocate on the Java heap in the steady state.
   *
   * @return how many were received, at least 1, or a negative code
   */
  default int receiveBatch(int descriptor, MessageBatch batch, int count) {
    return Result.ENOSYS;
  }

  /**
   * Sends messages of a batch in order, sendmmsg(2); one by one where the system does not have
   * that. An error after messages that were sent is told by the next call.
   *
   * @return how many were sent, at least 1, or a negative code
   */
  default int sendBatch(int descriptor, MessageBatch batch, int first, int count) {
    return Result.ENOSYS;
  }

  /**
   * Joins or leaves a multicast group, setsockopt(2) with MCAST_JOIN_GROUP and its like.
   *
   * @param interfaceIndex the interface, 0 to let the system choose
   * @param source the one sender that is wanted, or null
   */
  default int setMembership(
      int descriptor,
      boolean join,
      InetAddress group,
      int interfaceIndex,
      @Nullable InetAddress source) {
    return Result.ENOSYS;
  }

  /**
   * The host's network interfaces, if_nameindex(3).
   *
   * @param found receives their numbers by their names
   * @return their count, or a negative code
   */
  default int interfaces(Map<? super String, ? super Integer> found) {
    return Result.ENOSYS;
  }

  /** Ends one or both directions, shutdown(2). */
  default int shutdown(int descriptor, Direction direction) {
    return Result.ENOSYS;
  }

  /** The socket's own address, getsockname(2). */
  default int localAddress(int descriptor, AddressBuffer address) {
    return Result.ENOSYS;
  }

  /** The peer's address, getpeername(2). */
  default int peerAddress(int descriptor, AddressBuffer address) {
    return Result.ENOSYS;
  }

  /** Reads without taking the bytes off the stream, recv(2) with MSG_PEEK. */
  default long peek(int descriptor, long address, long length) {
    return Result.ENOSYS;
  }

  /** Sends one urgent byte, send(2) with MSG_OOB. */
  default int sendUrgent(int descriptor, byte value) {
    return Result.ENOSYS;
  }

  /** The urgent byte, 0 to 255, recv(2) with MSG_OOB; EINVAL when there is none. */
  default int receiveUrgent(int descriptor) {
    return Result.ENOSYS;
  }

  /** How many bytes the path of a Unix socket's address may have, sockaddr_un without its NUL. */
  default int longestPath() {
    return 0;
  }

  /**
   * Who the peer of a connected Unix socket was when it connected or listened, SO_PEERCRED,
   * getpeereid(3).
   *
   * @param ids receives the process, -1 where the system does not tell it, the user and the group
   */
  default int peerCredentials(int descriptor, int[] ids) {
    return Result.ENOSYS;
  }

  /** Sets an option to a number, setsockopt(2); the unit is the option's own. */
  default int setOption(int descriptor, SocketOption option, int value) {
    return Result.ENOSYS;
  }

  /**
   * An option's number, getsockopt(2).
   *
   * @return the value as an unsigned 32-bit number, so that a negative value (cast it to {@code
   *     int}) is told from an error
   */
  default long getOption(int descriptor, SocketOption option) {
    return Result.ENOSYS;
  }

  /** Sets an option to a text, setsockopt(2): {@link SocketOption#SO_BINDTODEVICE}. */
  default int setOption(int descriptor, SocketOption option, String value) {
    return Result.ENOSYS;
  }

  /**
   * An option's text, getsockopt(2).
   *
   * @param value receives the bytes
   * @return the count of bytes
   */
  default int getOption(int descriptor, SocketOption option, byte[] value) {
    return Result.ENOSYS;
  }
}
