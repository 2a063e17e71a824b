package dev.selkie.kernel;

import java.net.InetAddress;
import java.net.SocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Sockets} through the hook of a {@link ForwardingKernel}. */
final class ForwardingSockets extends ForwardingStreamCalls<Sockets> implements Sockets {
  ForwardingSockets(ForwardingKernel kernel, Sockets part) {
    super(kernel, part, SystemCall.RECV, SystemCall.RECVMSG, SystemCall.SEND, SystemCall.SENDMSG);
  }

  @Override
  public int socket(Domain domain, Type type) {
    return (int) kernel.call(SystemCall.SOCKET, -1, 0, _ -> part.socket(domain, type));
  }

  @Override
  public int pair(Type type, int[] ends) {
    return (int) kernel.call(SystemCall.SOCKETPAIR, -1, 0, _ -> part.pair(type, ends));
  }

  @Override
  public int bind(int descriptor, SocketAddress address) {
    return (int) kernel.call(SystemCall.BIND, descriptor, 0, _ -> part.bind(descriptor, address));
  }

  @Override
  public int listen(int descriptor, int backlog) {
    return (int)
        kernel.call(SystemCall.LISTEN, descriptor, 0, _ -> part.listen(descriptor, backlog));
  }

  @Override
  public int accept(int descriptor, @Nullable AddressBuffer peer) {
    return (int) kernel.call(SystemCall.ACCEPT, descriptor, 0, _ -> part.accept(descriptor, peer));
  }

  @Override
  public int connect(int descriptor, SocketAddress address) {
    return (int)
        kernel.call(SystemCall.CONNECT, descriptor, 0, _ -> part.connect(descriptor, address));
  }

  @Override
  public int disconnect(int descriptor) {
    return (int) kernel.call(SystemCall.CONNECT, descriptor, 0, _ -> part.disconnect(descriptor));
  }

  // A message is moved whole or not at all: the hook has no length to shorten.

  private int receiving(
      int descriptor, @Nullable MessageHeader header, ForwardingKernel.Invocation invocation) {
    SystemCall call = header == null ? SystemCall.RECV : SystemCall.RECVMSG;
    return (int) kernel.call(call, descriptor, 0, invocation);
  }

  private int sending(
      int descriptor, @Nullable MessageHeader header, ForwardingKernel.Invocation invocation) {
    SystemCall call = header == null ? SystemCall.SEND : SystemCall.SENDMSG;
    return (int) kernel.call(call, descriptor, 0, invocation);
  }

  @Override
  public int receive(int descriptor, long address, int length, @Nullable MessageHeader header) {
    return receiving(descriptor, header, _ -> part.receive(descriptor, address, length, header));
  }

  @Override
  public int receive(
      int descriptor, byte[] target, int offset, int length, @Nullable MessageHeader header) {
    return receiving(
        descriptor, header, _ -> part.receive(descriptor, target, offset, length, header));
  }

  @Override
  public int send(int descriptor, long address, int length, @Nullable MessageHeader header) {
    return sending(descriptor, header, _ -> part.send(descriptor, address, length, header));
  }

  @Override
  public int send(
      int descriptor, byte[] source, int offset, int length, @Nullable MessageHeader header) {
    return sending(descriptor, header, _ -> part.send(descriptor, source, offset, length, header));
  }

  @Override
  public MessageBatch newBatch(int capacity, int bytes) {
    return part.newBatch(capacity, bytes);
  }

  @Override
  public int receiveBatch(int descriptor, MessageBatch batch, int count) {
    return (int)
        kernel.call(
            SystemCall.RECVMMSG, descriptor, 0, _ -> part.receiveBatch(descriptor, batch, count));
  }

  @Override
  public int sendBatch(int descriptor, MessageBatch batch, int first, int count) {
    return (int)
        kernel.call(
            SystemCall.SENDMMSG,
            descriptor,
            0,
            _ -> part.sendBatch(descriptor, batch, first, count));
  }

  @Override
  public int setMembership(
      int descriptor,
      boolean join,
      InetAddress group,
      int interfaceIndex,
      @Nullable InetAddress source) {
    return (int)
        kernel.call(
            SystemCall.SETSOCKOPT,
            descriptor,
            0,
            _ -> part.setMembership(descriptor, join, group, interfaceIndex, source));
  }

  @Override
  public int interfaces(Map<? super String, ? super Integer> found) {
    return (int) kernel.call(SystemCall.IF_NAMEINDEX, -1, 0, _ -> part.interfaces(found));
  }

  @Override
  public int shutdown(int descriptor, Direction direction) {
    return (int)
        kernel.call(SystemCall.SHUTDOWN, descriptor, 0, _ -> part.shutdown(descriptor, direction));
  }

  @Override
  public int localAddress(int descriptor, AddressBuffer address) {
    return (int)
        kernel.call(
            SystemCall.GETSOCKNAME, descriptor, 0, _ -> part.localAddress(descriptor, address));
  }

  @Override
  public int peerAddress(int descriptor, AddressBuffer address) {
    return (int)
        kernel.call(
            SystemCall.GETPEERNAME, descriptor, 0, _ -> part.peerAddress(descriptor, address));
  }

  @Override
  public long peek(int descriptor, long address, long length) {
    return kernel.call(
        SystemCall.RECV, descriptor, length, limit -> part.peek(descriptor, address, limit));
  }

  @Override
  public int sendUrgent(int descriptor, byte value) {
    return (int)
        kernel.call(SystemCall.SEND, descriptor, 0, _ -> part.sendUrgent(descriptor, value));
  }

  @Override
  public int receiveUrgent(int descriptor) {
    return (int) kernel.call(SystemCall.RECV, descriptor, 0, _ -> part.receiveUrgent(descriptor));
  }

  @Override
  public int setOption(int descriptor, SocketOption option, int value) {
    return (int)
        kernel.call(
            SystemCall.SETSOCKOPT, descriptor, 0, _ -> part.setOption(descriptor, option, value));
  }

  @Override
  public long getOption(int descriptor, SocketOption option) {
    return kernel.call(
        SystemCall.GETSOCKOPT, descriptor, 0, _ -> part.getOption(descriptor, option));
  }

  @Override
  public int setOption(int descriptor, SocketOption option, String value) {
    return (int)
        kernel.call(
            SystemCall.SETSOCKOPT, descriptor, 0, _ -> part.setOption(descriptor, option, value));
  }

  @Override
  public int getOption(int descriptor, SocketOption option, byte[] value) {
    return (int)
        kernel.call(
            SystemCall.GETSOCKOPT, descriptor, 0, _ -> part.getOption(descriptor, option, value));
  }

  @Override
  public int longestPath() {
    return part.longestPath();
  }

  @Override
  public int peerCredentials(int descriptor, int[] ids) {
    return (int)
        kernel.call(
            SystemCall.GETSOCKOPT, descriptor, 0, _ -> part.peerCredentials(descriptor, ids));
  }
}
