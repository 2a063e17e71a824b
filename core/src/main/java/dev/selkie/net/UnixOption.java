package dev.selkie.net;

import dev.selkie.kernel.SocketOption;

/**
 * An option of a Unix socket.
 *
 * <p>An option that the system does not have is refused with {@code ENOPROTOOPT} by {@code set} and
 * {@code get}.
 *
 * @param <T> the type of value
 */
public final class UnixOption<T> extends NetOption<T> {
  /**
   * Send buffer, bytes (SO_SNDBUF), which bounds what waits at the peer; Linux gives back twice
   * what was set, socket(7).
   */
  public static final UnixOption<Integer> SEND_BUFFER =
      new UnixOption<>(SocketOption.SO_SNDBUF, Codec.size(SocketOption.SO_SNDBUF));

  /** Receive buffer, bytes (SO_RCVBUF); Linux does not use it for Unix sockets. */
  public static final UnixOption<Integer> RECEIVE_BUFFER =
      new UnixOption<>(SocketOption.SO_RCVBUF, Codec.size(SocketOption.SO_RCVBUF));

  /** {@link AncillaryData} tells who sent a message (SO_PASSCRED, Linux). */
  public static final UnixOption<Boolean> RECEIVE_CREDENTIALS =
      new UnixOption<>(SocketOption.SO_PASSCRED, Codec.FLAG);

  private UnixOption(SocketOption option, Codec<T> codec) {
    super(option, null, codec);
  }
}
