package dev.selkie.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TimespecTest {
  @Test
  void millisecondsRoundUpAndDoNotOverflow() {
    assertThat(Timespec.millis(-1)).isEqualTo(-1);
    assertThat(Timespec.millis(Long.MIN_VALUE)).isEqualTo(-1);
    assertThat(Timespec.millis(0)).isZero();
    assertThat(Timespec.millis(1)).isEqualTo(1);
    assertThat(Timespec.millis(1_000_000)).isEqualTo(1);
    assertThat(Timespec.millis(1_000_001)).isEqualTo(2);
    assertThat(Timespec.millis(30L * 365 * 86_400 * 1_000_000_000)).isEqualTo(Integer.MAX_VALUE);
    assertThat(Timespec.millis(Long.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
  }
}
