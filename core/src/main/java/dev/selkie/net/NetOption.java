package dev.selkie.net;

import dev.selkie.kernel.SocketOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An option of a socket: which, and how its value is a number.
 *
 * @param <T> the type of value
 */
abstract sealed class NetOption<T> permits TcpOption, UdpOption, UnixOption {
  private final SocketOption option;
  private final @Nullable SocketOption optionV6;
  private final @Nullable Codec<T> codec;

  /** An option, which sockets of IPv6 may know by another name too. */
  NetOption(SocketOption option, @Nullable SocketOption optionV6, @Nullable Codec<T> codec) {
    this.option = option;
    this.optionV6 = optionV6;
    this.codec = codec;
  }

  /** The option's name in C, such as {@code SO_RCVBUF}. */
  public final String name() {
    return option.name();
  }

  final SocketOption option() {
    return option;
  }

  /** The option that a socket of IPv6 has in its place, and beside it for IPv4; or null. */
  final @Nullable SocketOption optionV6() {
    return optionV6;
  }

  /** How the value is a number, or null for a text. */
  final @Nullable Codec<T> codec() {
    return codec;
  }

  @Override
  public final String toString() {
    return name();
  }

  /** A value as the kernel's number. */
  interface Codec<T> {
    Codec<Boolean> FLAG =
        new Codec<>() {
          @Override
          public int encode(Boolean value) {
            return value ? 1 : 0;
          }

          @Override
          public Boolean decode(int number) {
            return number != 0;
          }
        };

    Codec<Integer> NUMBER =
        new Codec<>() {
          @Override
          public int encode(Integer value) {
            return value;
          }

          @Override
          public Integer decode(int number) {
            return number;
          }
        };

    int encode(T value);

    T decode(int number);

    /** A count of bytes. */
    static Codec<Integer> size(SocketOption option) {
      return new Codec<>() {
        @Override
        public int encode(Integer value) {
          if (value < 0) {
            throw new IllegalArgumentException(
                "%s takes a number of bytes, not negative: %d".formatted(option, value));
          }
          return value;
        }

        @Override
        public Integer decode(int number) {
          return number;
        }
      };
    }

    /** A whole number of seconds or milliseconds. */
    static Codec<Duration> duration(SocketOption option, Duration unit) {
      return new Codec<>() {
        @Override
        public int encode(Duration value) {
          long units = value.dividedBy(unit);
          if (units < 0 || units > Integer.MAX_VALUE || !unit.multipliedBy(units).equals(value)) {
            throw new IllegalArgumentException(
                "%s takes a whole, not negative number of %s: %s"
                    .formatted(option, unit.toSeconds() == 1 ? "seconds" : "ms", value));
          }
          return (int) units;
        }

        @Override
        public Duration decode(int number) {
          return unit.multipliedBy(number);
        }
      };
    }
  }
}
