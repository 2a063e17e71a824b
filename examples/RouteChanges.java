import static java.lang.foreign.ValueLayout.*;

import dev.selkie.*;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.foreign.*;
import java.nio.*;
import java.time.Duration;

/**
 * Tells of changes of network interfaces, addresses and routes, until nothing has changed for as
 * many seconds as the argument says (60 without).
 *
 * <p>A recipe for a descriptor that Selkie has no type for: a netlink socket, netlink(7),
 * rtnetlink(7), made by two calls of the C library and handed to {@link RawSource}. Linux only.
 */
static final int AF_NETLINK = 16;

static final int SOCK_RAW = 3;
static final int SOCK_CLOEXEC = 0x80000;
static final int NETLINK_ROUTE = 0;
static final int RTMGRP_LINK = 0x1;
static final int RTMGRP_IPV4_IFADDR = 0x10;
static final int RTMGRP_IPV4_ROUTE = 0x40;
static final int RTMGRP_IPV6_IFADDR = 0x100;
static final int RTMGRP_IPV6_ROUTE = 0x400;
static final int ALL =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;

/** socket(2) and bind(2): a struct sockaddr_nl is the family, padding, a port and the groups. */
static int netlink() throws Throwable {
  Linker linker = Linker.nativeLinker();
  var socket =
      linker.downcallHandle(
          linker.defaultLookup().findOrThrow("socket"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  var bind =
      linker.downcallHandle(
          linker.defaultLookup().findOrThrow("bind"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  try (Arena arena = Arena.ofConfined()) {
    MemorySegment address = arena.allocate(12, 4);
    address.set(JAVA_SHORT, 0, (short) AF_NETLINK);
    address.set(JAVA_INT, 8, ALL);
    int number = (int) socket.invokeExact(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (number < 0 || (int) bind.invokeExact(number, address, 12) < 0) {
      throw new IOException("this system gives no netlink socket");
    }
    return number;
  }
}

static String name(int type) {
  return switch (type) {
    case 16 -> "link new or changed";
    case 17 -> "link gone";
    case 20 -> "address new";
    case 21 -> "address gone";
    case 24 -> "route new";
    case 25 -> "route gone";
    default -> "message of type " + type;
  };
}

/** Takes messages, if there are any. */
static boolean read(RawSource changes, ByteBuffer buffer) throws IOException {
  while (true) {
    try {
      return changes.read(buffer.clear()) > 0;
    } catch (SystemCallException e) {
      if (e.errno() != Errno.ENOBUFS) { // which tells once that the socket's buffer was full
        throw e;
      }
      IO.println("changes were lost");
    }
  }
}

void main(String[] args) throws Throwable {
  Duration quiet = Duration.ofSeconds(args.length == 0 ? 60 : Integer.parseInt(args[0]));
  ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.nativeOrder());
  try (EventQueue<RawSource> queue = EventQueue.open();
      RawSource changes = RawSource.own(netlink())) {
    queue.register(changes, Interest.READABLE, changes);
    IO.println("watching");
    while (!queue.await(quiet).isEmpty()) {
      while (read(changes, buffer)) {
        buffer.flip();
        for (int at = 0; at + 16 <= buffer.limit(); ) { // struct nlmsghdr
          IO.println(name(buffer.getShort(at + 4)));
          at += Math.max(16, (buffer.getInt(at) + 3) & ~3);
        }
      }
    }
  }
}
