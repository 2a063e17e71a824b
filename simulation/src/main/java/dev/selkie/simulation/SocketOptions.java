package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The options of one socket: their values, and which values they take, socket(7) and tcp(7). */
final class SocketOptions {
  /** What socket(2) gives. */
  static final int DEFAULT_BUFFER = 212_992;

  /** What a host has: the first is the loopback interface, the other one is for the rest. */
  static final List<String> INTERFACES = List.of("lo", "eth0");

  private static final int LARGEST_BUFFER = 2 * DEFAULT_BUFFER;
  private static final int SMALLEST_SEND_BUFFER = 4608;
  private static final int SMALLEST_RECEIVE_BUFFER = 2304;
  private static final int LEAST_SEGMENT = 88;
  private static final int MOST_SEGMENT = 32_767;
  private static final int MOST_SECONDS = 32_767;
  private static final int MOST_PROBES = 127;
  private static final int BYTE = 255;
  private static final int HOPS = 64;
  private static final int NOT_SET = -1;

  private final Map<SocketOption, Integer> values = new EnumMap<>(SocketOption.class);
  private final Kind kind;
  private final boolean v6;
  private String device = "";

  private enum Kind {
    UNIX,
    TCP,
    UDP
  }

  private SocketOptions(Kind kind, boolean v6) {
    this.kind = kind;
    this.v6 = v6;
  }

  static SocketOptions ofUnix() {
    return new SocketOptions(Kind.UNIX, false);
  }

  static SocketOptions ofTcp(boolean v6) {
    return new SocketOptions(Kind.TCP, v6);
  }

  static SocketOptions ofUdp(boolean v6) {
    return new SocketOptions(Kind.UDP, v6);
  }

  private boolean isInternet() {
    return kind != Kind.UNIX;
  }

  /** Those that a listener hands on to a connection. */
  SocketOptions inherited() {
    SocketOptions copy = new SocketOptions(kind, v6);
    copy.values.putAll(values);
    copy.device = device;
    return copy;
  }

  int value(SocketOption option) {
    return values.getOrDefault(option, initial(option));
  }

  boolean is(SocketOption option) {
    return value(option) != 0;
  }

  boolean isSet(SocketOption option) {
    return values.containsKey(option);
  }

  /** The unsigned value, or ENOPROTOOPT. */
  long get(SocketOption option) {
    if (!has(option) && kind == Kind.UDP && !v6) {
      return Codes.EOPNOTSUPP; // other than setsockopt
    }
    if (option == SocketOption.IP_MULTICAST_IF && has(option)) {
      return 0; // an address, which was not given
    }
    return has(option) ? Integer.toUnsignedLong(value(option)) : unknown(option);
  }

  /** Sets an option: 0 or a negative code. */
  int set(SocketOption option, int value) {
    if (!has(option)) {
      return unknown(option);
    }
    switch (option) {
      case SO_ERROR, SO_TYPE, SO_ACCEPTCONN, SO_BINDTODEVICE -> {
        return Result.ENOPROTOOPT;
      }
      case SO_SNDBUF -> values.put(option, buffer(value, SMALLEST_SEND_BUFFER));
      case SO_RCVBUF -> values.put(option, buffer(value, SMALLEST_RECEIVE_BUFFER));
      case SO_LINGER -> values.put(option, Math.max(value, NOT_SET));
      case TCP_MAXSEG -> {
        return number(option, value, value == 0 ? 0 : LEAST_SEGMENT, MOST_SEGMENT);
      }
      case TCP_KEEPIDLE, TCP_KEEPINTVL -> {
        return number(option, value, 1, MOST_SECONDS);
      }
      case TCP_KEEPCNT -> {
        return number(option, value, 1, MOST_PROBES);
      }
      case TCP_USER_TIMEOUT, TCP_FASTOPEN -> {
        return number(option, value, 0, Integer.MAX_VALUE);
      }
      case TCP_DEFER_ACCEPT -> values.put(option, retransmissions(value));
      case IPV6_TCLASS -> {
        return number(option, value, NOT_SET, BYTE);
      }
      case IP_TTL -> {
        return number(option, value == NOT_SET ? HOPS : value, 1, BYTE);
      }
      case IPV6_UNICAST_HOPS -> {
        return number(option, value == NOT_SET ? HOPS : value, 0, BYTE);
      }
      case IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS -> {
        return number(option, value == NOT_SET ? 1 : value, 0, BYTE);
      }
      case IP_MULTICAST_IF, IPV6_MULTICAST_IF -> {
        return value < 0 || value > INTERFACES.size()
            ? option == SocketOption.IP_MULTICAST_IF ? Codes.EADDRNOTAVAIL : Codes.ENODEV
            : number(option, value, 0, INTERFACES.size());
      }
      case IPV6_MULTICAST_LOOP -> {
        return number(option, value, 0, 1);
      }
      case IP_TOS -> values.put(option, value & BYTE & ~3);
      case SO_MARK, SO_INCOMING_CPU -> values.put(option, value);
      default -> values.put(option, value != 0 ? 1 : 0);
    }
    return 0;
  }

  /** The number of an interface, from 1 on. */
  static int indexOf(String name) {
    return INTERFACES.indexOf(name) + 1;
  }

  String device() {
    return device;
  }

  /** SO_BINDTODEVICE: a simulated host has the loopback interface, and one for the rest. */
  int bindToDevice(String name) {
    if (name.length() > 15) {
      return Result.EINVAL;
    }
    if (!name.isEmpty() && !INTERFACES.contains(name)) {
      return Codes.ENODEV;
    }
    device = name;
    return 0;
  }

  private boolean has(SocketOption option) {
    return switch (option) {
      case UDP_GRO -> kind == Kind.UDP;
      case SO_PASSCRED -> kind == Kind.UNIX;
      default -> {
        if (option.name().startsWith("IPV6_")) {
          yield v6;
        }
        if (option.name().startsWith("IP_")) {
          yield isInternet();
        }
        yield kind == Kind.TCP || !option.name().startsWith("TCP_");
      }
    };
  }

  private int unknown(SocketOption option) {
    if (option == SocketOption.SO_PASSCRED) {
      return Codes.EOPNOTSUPP; // since Linux 6.16; a flag without a meaning before
    }
    return option.name().startsWith("SO_") || isInternet() ? Result.ENOPROTOOPT : Codes.EOPNOTSUPP;
  }

  private int number(SocketOption option, int value, int least, int most) {
    if (value < least || value > most) {
      return Result.EINVAL;
    }
    values.put(option, value);
    return 0;
  }

  /** Linux doubles what is asked for, to have room for its own bookkeeping. */
  private static int buffer(int value, int least) {
    long asked = Math.min(Integer.toUnsignedLong(value), LARGEST_BUFFER / 2);
    return (int) Math.max(asked * 2, least);
  }

  /** Seconds as the time of a number of retransmissions, which double from one second on. */
  private static int retransmissions(int seconds) {
    int total = 0;
    int step = 1;
    while (total < seconds && step < 1 << 10) {
      total += step;
      step *= 2;
    }
    return total;
  }

  private int initial(SocketOption option) {
    return switch (option) {
      case SO_SNDBUF -> kind == Kind.TCP ? 16_384 : DEFAULT_BUFFER;
      case SO_RCVBUF -> kind == Kind.TCP ? 131_072 : DEFAULT_BUFFER;
      case SO_LINGER, SO_INCOMING_CPU -> NOT_SET;
      case IP_TTL, IPV6_UNICAST_HOPS -> HOPS;
      case IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP -> 1;
      case TCP_MAXSEG -> 536;
      case TCP_KEEPIDLE -> 7200;
      case TCP_KEEPINTVL -> 75;
      case TCP_KEEPCNT -> 9;
      case TCP_QUICKACK -> 1;
      default -> 0;
    };
  }
}
