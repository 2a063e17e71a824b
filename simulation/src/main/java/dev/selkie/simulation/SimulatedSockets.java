package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.MessageBatch;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@link Sockets} of a host. */
final class SimulatedSockets extends SimulatedStreamCalls implements Sockets {
  private final DescriptorTable table;

  SimulatedSockets(SimulatedKernel kernel) {
    super(kernel, "recv", "send");
    this.table = kernel.table();
  }

  /** What is done with a socket. */
  private interface Action {
    long apply(SocketFile socket);
  }

  private int on(String call, int descriptor, long argument, Action action) {
    return (int) longOn(call, descriptor, argument, action);
  }

  private long longOn(String call, int descriptor, long argument, Action action) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      long result;
      if (file == null) {
        result = Result.EBADF;
      } else if (file instanceof SocketFile socket) {
        result = action.apply(socket);
      } else {
        result = Codes.ENOTSOCK;
      }
      return kernel.traced(call, descriptor, argument, result);
    } finally {
      network.exit();
    }
  }

  @Override
  long read(OpenFile file, Transfer target) {
    return file instanceof SocketFile socket ? socket.read(target) : Codes.ENOTSOCK;
  }

  @Override
  long write(OpenFile file, Transfer source) {
    return file instanceof SocketFile socket ? socket.write(source) : Codes.ENOTSOCK;
  }

  @Override
  public int socket(Domain domain, Type type) {
    if (domain == Domain.UNIX) {
      return unixSocket(type);
    }
    if (type == Type.SEQUENCED_PACKET) {
      return Codes.EPROTONOSUPPORT;
    }
    boolean v6 = domain == Domain.INET6;
    network.enter();
    try {
      boolean stream = type == Type.STREAM;
      int result = table.add(stream ? new TcpSocket(kernel, v6) : new UdpSocket(kernel, v6));
      String call = "socket " + domain + (stream ? "" : " " + type);
      return kernel.traced(call, -1, 0, result);
    } finally {
      network.exit();
    }
  }

  private int unixSocket(Type type) {
    network.enter();
    try {
      return kernel.traced("socket UNIX " + type, -1, 0, table.add(new UnixSocket(kernel, type)));
    } finally {
      network.exit();
    }
  }

  @Override
  public int longestPath() {
    return kernel.unixNames().longestPath();
  }

  @Override
  public int peerCredentials(int descriptor, int[] ids) {
    return on("getsockopt SO_PEERCRED", descriptor, 0, socket -> socket.peerCredentials(ids));
  }

  @Override
  public int pair(Type type, int[] ends) {
    network.enter();
    try {
      int result = Result.EMFILE;
      if (table.hasRoom(2)) {
        UnixSocket[] pair = UnixSocket.pair(kernel, type);
        ends[0] = table.add(pair[0]);
        ends[1] = table.add(pair[1]);
        result = 0;
      }
      return kernel.traced("socketpair", result < 0 ? -1 : ends[0], ends[1], result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int bind(int descriptor, SocketAddress address) {
    return on("bind " + address, descriptor, 0, socket -> socket.bind(address));
  }

  @Override
  public int listen(int descriptor, int backlog) {
    return on("listen", descriptor, backlog, socket -> socket.listen(backlog));
  }

  @Override
  public int accept(int descriptor, @Nullable AddressBuffer peer) {
    return on(
        "accept",
        descriptor,
        0,
        socket -> network.takes(Freedom.INTERRUPTIONS) ? Result.EINTR : accept(socket, peer));
  }

  /** The connection stays in the backlog when there is no descriptor for it. */
  private int accept(SocketFile listener, @Nullable AddressBuffer peer) {
    if (!table.hasRoom(1)) {
      return Result.EMFILE;
    }
    SocketFile connection = listener.acceptable();
    if (connection == null) {
      return listener.whyNotAcceptable();
    }
    if (peer != null) {
      connection.peerAddress(peer);
    }
    int number = table.add(connection);
    listener.accepted();
    return number;
  }

  @Override
  public int connect(int descriptor, SocketAddress address) {
    return on(
        "connect " + address,
        descriptor,
        0,
        socket -> network.takes(Freedom.INTERRUPTIONS) ? Result.EINTR : socket.connect(address));
  }

  @Override
  public int disconnect(int descriptor) {
    return on("disconnect", descriptor, 0, SocketFile::disconnect);
  }

  @Override
  public int receive(int descriptor, long address, int length, @Nullable MessageHeader header) {
    return receiving(descriptor, length, header, () -> network.transfer().of(address, length));
  }

  @Override
  public int receive(
      int descriptor, byte[] target, int offset, int length, @Nullable MessageHeader header) {
    return receiving(
        descriptor, length, header, () -> network.transfer().of(target, offset, length));
  }

  private int receiving(
      int descriptor, int length, @Nullable MessageHeader header, Supplier<Transfer> memory) {
    return on(
        header == null ? "recv" : "recvmsg",
        descriptor,
        length,
        socket -> {
          if (network.takes(Freedom.INTERRUPTIONS)) {
            return Result.EINTR;
          }
          return header == null ? socket.read(memory.get()) : socket.receive(memory.get(), header);
        });
  }

  @Override
  public int send(int descriptor, long address, int length, @Nullable MessageHeader header) {
    return sending(descriptor, length, header, () -> network.transfer().of(address, length));
  }

  @Override
  public int send(
      int descriptor, byte[] source, int offset, int length, @Nullable MessageHeader header) {
    return sending(descriptor, length, header, () -> network.transfer().of(source, offset, length));
  }

  private int sending(
      int descriptor, int length, @Nullable MessageHeader header, Supplier<Transfer> memory) {
    return on(
        header == null ? "send" : "sendmsg",
        descriptor,
        length,
        socket -> {
          if (network.takes(Freedom.INTERRUPTIONS)) {
            return Result.EINTR;
          }
          return header == null ? socket.write(memory.get()) : socket.send(memory.get(), header);
        });
  }

  @Override
  public MessageBatch newBatch(int capacity, int bytes) {
    return new SimulatedMessageBatch(capacity, bytes);
  }

  @Override
  public int receiveBatch(int descriptor, MessageBatch batch, int count) {
    return on(
        "recvmmsg",
        descriptor,
        count,
        socket ->
            network.takes(Freedom.INTERRUPTIONS)
                ? Result.EINTR
                : ((SimulatedMessageBatch) batch).receive(socket, network, count));
  }

  @Override
  public int sendBatch(int descriptor, MessageBatch batch, int first, int count) {
    return on(
        "sendmmsg",
        descriptor,
        count,
        socket ->
            network.takes(Freedom.INTERRUPTIONS)
                ? Result.EINTR
                : ((SimulatedMessageBatch) batch).send(socket, network, first, count));
  }

  @Override
  public int setMembership(
      int descriptor,
      boolean join,
      InetAddress group,
      int interfaceIndex,
      @Nullable InetAddress source) {
    return on(
        (join ? "join " : "leave ") + group.getHostAddress(),
        descriptor,
        interfaceIndex,
        socket -> socket.setMembership(join, group, interfaceIndex, source));
  }

  @Override
  public int interfaces(Map<? super String, ? super Integer> found) {
    SocketOptions.INTERFACES.forEach(name -> found.put(name, SocketOptions.indexOf(name)));
    return SocketOptions.INTERFACES.size();
  }

  @Override
  public int shutdown(int descriptor, Direction direction) {
    return on("shutdown " + direction, descriptor, 0, socket -> socket.shutdown(direction));
  }

  @Override
  public int localAddress(int descriptor, AddressBuffer address) {
    return on("getsockname", descriptor, 0, socket -> socket.localAddress(address));
  }

  @Override
  public int peerAddress(int descriptor, AddressBuffer address) {
    return on("getpeername", descriptor, 0, socket -> socket.peerAddress(address));
  }

  @Override
  public long peek(int descriptor, long address, long length) {
    return longOn(
        "recv peek",
        descriptor,
        length,
        socket -> socket.peek(network.transfer().of(address, length)));
  }

  @Override
  public int sendUrgent(int descriptor, byte value) {
    return on("send urgent", descriptor, value, socket -> socket.sendUrgent(value));
  }

  @Override
  public int receiveUrgent(int descriptor) {
    return on("recv urgent", descriptor, 0, SocketFile::receiveUrgent);
  }

  @Override
  public int setOption(int descriptor, SocketOption option, int value) {
    return on("setsockopt " + option, descriptor, value, socket -> socket.option(option, value));
  }

  @Override
  public long getOption(int descriptor, SocketOption option) {
    return longOn("getsockopt " + option, descriptor, 0, socket -> socket.option(option));
  }

  @Override
  public int setOption(int descriptor, SocketOption option, String value) {
    return on(
        "setsockopt " + option,
        descriptor,
        value.length(),
        socket ->
            option == SocketOption.SO_BINDTODEVICE
                ? socket.options.bindToDevice(value)
                : Result.ENOPROTOOPT);
  }

  @Override
  public int getOption(int descriptor, SocketOption option, byte[] value) {
    return on(
        "getsockopt " + option,
        descriptor,
        value.length,
        socket ->
            option == SocketOption.SO_BINDTODEVICE ? device(socket, value) : Result.ENOPROTOOPT);
  }

  private static int device(SocketFile socket, byte[] value) {
    String device = socket.options.device();
    if (device.isEmpty()) {
      return 0;
    }
    byte[] text = (device + "\0").getBytes(StandardCharsets.US_ASCII);
    if (text.length > value.length) {
      return Result.EINVAL;
    }
    System.arraycopy(text, 0, value, 0, text.length);
    return text.length;
  }
}
