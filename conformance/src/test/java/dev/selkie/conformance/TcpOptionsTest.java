package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every option is set and read back, or refused as its system refuses it. */
@Contract
final class TcpOptionsTest {
  /** What a system or a container may refuse: not there, or not permitted. */
  private static final Set<Errno> REFUSALS =
      Set.of(Errno.ENOPROTOOPT, Errno.EPERM, Errno.EACCES, Errno.EOPNOTSUPP);

  private final Configuration configuration;
  private final Kernel kernel;
  private final Set<String> tried = new TreeSet<>();

  TcpOptionsTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Test
  void everyOptionIsSetAndReadBack() throws Exception {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpPair pair = TcpPair.open(configuration, kernel, listener, TcpStream.builder())) {
      TcpStream stream = pair.client();
      flags(stream);
      numbers(stream);
      listeners(listener);
    }
    beforeConnecting();
    List<String> all =
        Arrays.stream(TcpOption.class.getFields())
            .filter(field -> Modifier.isStatic(field.getModifiers()))
            .map(TcpOptionsTest::optionName)
            .sorted()
            .toList();
    assertThat(tried).as("options tried").containsExactlyElementsOf(all);
  }

  private void flags(TcpStream stream) throws IOException {
    for (TcpOption<Boolean> flag :
        List.of(
            TcpOption.NODELAY,
            TcpOption.CORK,
            TcpOption.QUICK_ACK,
            TcpOption.KEEPALIVE,
            TcpOption.REUSE_ADDRESS,
            TcpOption.REUSE_PORT,
            TcpOption.URGENT_INLINE)) {
      for (boolean value : new boolean[] {true, false}) {
        setAndGet(stream, flag, value);
      }
    }
  }

  private void numbers(TcpStream stream) throws IOException {
    setAndGet(stream, TcpOption.KEEPALIVE_IDLE, Duration.ofSeconds(77));
    setAndGet(stream, TcpOption.KEEPALIVE_INTERVAL, Duration.ofSeconds(33));
    setAndGet(stream, TcpOption.KEEPALIVE_COUNT, 5);
    setAndGet(stream, TcpOption.USER_TIMEOUT, Duration.ofMillis(1234));
    setAndGet(stream, TcpOption.TYPE_OF_SERVICE, 0x10);
    for (int linger : new int[] {5, 0, -1}) {
      setAndGet(stream, TcpOption.LINGER, linger);
    }
    for (TcpOption<Integer> buffer : List.of(TcpOption.SEND_BUFFER, TcpOption.RECEIVE_BUFFER)) {
      stream.set(buffer, 20_000);
      assertThat(stream.get(buffer)).as(buffer.name()).isIn(20_000, 40_000);
      tried.add(buffer.name());
    }
    assertThat(stream.get(TcpOption.MAX_SEGMENT)).isPositive();
    assertThat(stream.get(TcpOption.INCOMING_CPU)).isGreaterThanOrEqualTo(-1);
    tried.add(TcpOption.INCOMING_CPU.name());
    setAndGetUnlessRefused(stream, TcpOption.MARK, 7);
    setAndGetUnlessRefused(stream, TcpOption.DEVICE, "lo");
  }

  private void listeners(TcpListener listener) throws IOException {
    listener.set(TcpOption.FAST_OPEN, 16);
    assertThat(listener.get(TcpOption.FAST_OPEN)).isEqualTo(16);
    tried.add(TcpOption.FAST_OPEN.name());
    listener.set(TcpOption.DEFER_ACCEPT, Duration.ofSeconds(3));
    assertThat(listener.get(TcpOption.DEFER_ACCEPT)) // rounded to retransmissions
        .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(7));
    tried.add(TcpOption.DEFER_ACCEPT.name());
    assertThat(listener.get(TcpOption.REUSE_ADDRESS)).isTrue();
  }

  private void beforeConnecting() throws IOException {
    try (TcpListener v4 =
        TcpListener.builder()
            .kernel(kernel)
            .set(TcpOption.MAX_SEGMENT, 1000)
            .set(TcpOption.FAST_OPEN_CONNECT, true)
            .bind(TcpPair.loopback())) {
      assertThat(v4.get(TcpOption.MAX_SEGMENT)).isPositive();
      assertThat(v4.get(TcpOption.FAST_OPEN_CONNECT)).isTrue();
    } catch (SystemCallException e) {
      assertThat(e.errno()).isIn(REFUSALS);
    }
    tried.add(TcpOption.MAX_SEGMENT.name());
    tried.add(TcpOption.FAST_OPEN_CONNECT.name());
    try (TcpListener v6 =
        TcpListener.builder()
            .kernel(kernel)
            .set(TcpOption.V6_ONLY, true)
            .set(TcpOption.TRAFFIC_CLASS, 0x20)
            .bind(TcpPair.at("::1", 0))) {
      assertThat(v6.get(TcpOption.V6_ONLY)).isTrue();
      assertThat(v6.get(TcpOption.TRAFFIC_CLASS)).isEqualTo(0x20);
    } catch (SystemCallException e) {
      assertThat(e.errno()).isIn(Errno.EAFNOSUPPORT, Errno.EADDRNOTAVAIL); // no IPv6 here
    }
    tried.add(TcpOption.V6_ONLY.name());
    tried.add(TcpOption.TRAFFIC_CLASS.name());
  }

  @Test
  void optionsOfAListenerPassOnToItsStreams() throws IOException {
    TcpListener.Builder builder =
        TcpListener.builder()
            .kernel(kernel)
            .set(TcpOption.NODELAY, true)
            .set(TcpOption.KEEPALIVE, true)
            .set(TcpOption.USER_TIMEOUT, Duration.ofMillis(4321));
    try (TcpListener listener = builder.bind(TcpPair.loopback());
        TcpPair pair = TcpPair.open(configuration, kernel, listener, TcpStream.builder())) {
      assertThat(pair.server().get(TcpOption.NODELAY)).isTrue();
      assertThat(pair.server().get(TcpOption.KEEPALIVE)).isTrue();
      assertThat(pair.server().get(TcpOption.USER_TIMEOUT)).isEqualTo(Duration.ofMillis(4321));
      assertThat(pair.client().get(TcpOption.NODELAY)).isFalse();
    }
  }

  @Test
  void badValuesAreRefused() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      TcpStream stream = pair.client();
      assertThatThrownBy(() -> stream.set(TcpOption.KEEPALIVE_IDLE, Duration.ofMillis(1500)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("TCP_KEEPIDLE takes a whole, not negative number of seconds: PT1.5S");
      assertThatThrownBy(() -> stream.set(TcpOption.USER_TIMEOUT, Duration.ofNanos(1)))
          .hasMessageContaining("number of ms");
      assertThatThrownBy(() -> stream.set(TcpOption.USER_TIMEOUT, Duration.ofSeconds(-1)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> stream.set(TcpOption.KEEPALIVE_IDLE, Duration.ofSeconds(1L << 40)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> stream.set(TcpOption.KEEPALIVE_COUNT, 1_000_000))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("EINVAL");
      for (TcpOption<Integer> size : List.of(TcpOption.SEND_BUFFER, TcpOption.RECEIVE_BUFFER)) {
        assertThatThrownBy(() -> stream.set(size, -1))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage(size + " takes a number of bytes, not negative: -1");
      }
      assertThatThrownBy(() -> stream.set(TcpOption.NODELAY, null))
          .isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> stream.set(TcpOption.DEVICE, "no-such-device"))
          .isInstanceOf(SystemCallException.class);
      assertThatThrownBy(() -> stream.set(TcpOption.DEVICE, "x".repeat(5000)))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("EINVAL");
    }
  }

  private <T> void setAndGet(TcpStream stream, TcpOption<T> option, T value) throws IOException {
    stream.set(option, value);
    assertThat(stream.get(option)).as(option.name()).isEqualTo(value);
    tried.add(option.name());
  }

  private <T> void setAndGetUnlessRefused(TcpStream stream, TcpOption<T> option, T value)
      throws IOException {
    try {
      setAndGet(stream, option, value);
    } catch (SystemCallException e) {
      assertThat(e.errno()).as(option.name()).isIn(REFUSALS);
      tried.add(option.name());
    }
  }

  private static String optionName(java.lang.reflect.Field field) {
    try {
      return ((TcpOption<?>) field.get(null)).name();
    } catch (IllegalAccessException e) {
      return fail(e);
    }
  }
}
