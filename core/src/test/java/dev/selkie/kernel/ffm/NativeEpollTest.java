package dev.selkie.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NativeEpollTest {
  @Test
  void millisecondsRoundUpAndDoNotOverflow() {
    assertThat(NativeEpoll.millis(-1)).isEqualTo(-1);
    assertThat(NativeEpoll.millis(Long.MIN_VALUE)).isEqualTo(-1);
    assertThat(NativeEpoll.millis(0)).isZero();
    assertThat(NativeEpoll.millis(1)).isEqualTo(1);
    assertThat(NativeEpoll.millis(1_000_000)).isEqualTo(1);
    assertThat(NativeEpoll.millis(1_000_001)).isEqualTo(2);
    assertThat(NativeEpoll.millis(30L * 365 * 86_400 * 1_000_000_000)).isEqualTo(Integer.MAX_VALUE);
    assertThat(NativeEpoll.millis(Long.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
  }
}
