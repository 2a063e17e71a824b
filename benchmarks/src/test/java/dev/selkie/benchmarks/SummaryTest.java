package dev.selkie.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SummaryTest {
  @Test
  void quantilesInterpolate() {
    Summary summary = Summary.of(List.of(4.0, 1.0, 3.0, 2.0));
    assertThat(summary.median()).isEqualTo(2.5);
    assertThat(summary.quartile1()).isEqualTo(1.75);
    assertThat(summary.quartile3()).isEqualTo(3.25);
    assertThat(summary.min()).isEqualTo(1);
    assertThat(summary.max()).isEqualTo(4);
  }

  /** The ranks are those of the tables of the sign test, less one. */
  @Test
  void intervalOfTheMedianIsThatOfOrderStatistics() {
    assertThat(Summary.intervalRank(1)).isZero();
    assertThat(Summary.intervalRank(5)).isZero();
    assertThat(Summary.intervalRank(6)).isZero();
    assertThat(Summary.intervalRank(9)).isEqualTo(1);
    assertThat(Summary.intervalRank(15)).isEqualTo(3);
    assertThat(Summary.intervalRank(25)).isEqualTo(7);
  }

  @Test
  void ratiosAreOfTheSameRound() {
    Summary ratio = Summary.ofRatios(List.of(10.0, 30.0, 90.0), List.of(10.0, 20.0, 30.0));
    assertThat(ratio.median()).isEqualTo(1.5);
    assertThat(ratio.max()).isEqualTo(3);
  }

  @Test
  void noFiguresHaveNoSummary() {
    assertThatThrownBy(() -> Summary.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
