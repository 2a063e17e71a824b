package dev.selkie;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class InterestTest {
  @Test
  void equalCombinationsAreOneObject() {
    assertThat(Interest.READABLE.and(Interest.WRITABLE)).isSameAs(Interest.READABLE_WRITABLE);
    assertThat(Interest.WRITABLE.and(Interest.READABLE)).isSameAs(Interest.READABLE_WRITABLE);
    assertThat(Interest.READABLE.edge().oneShot()).isSameAs(Interest.READABLE.oneShot().edge());
    assertThat(Interest.READABLE.edge()).isNotSameAs(Interest.READABLE);
    assertThat(Interest.NONE.and(Interest.PRIORITY)).isSameAs(Interest.PRIORITY);
  }

  @Test
  void textNamesConditionsAndManner() {
    assertThat(Interest.NONE).hasToString("none");
    assertThat(Interest.NONE.edge()).hasToString("none");
    assertThat(Interest.READABLE_WRITABLE.edge().oneShot())
        .hasToString("readable writable edge one-shot");
    assertThat(Interest.PRIORITY.and(Interest.PEER_CLOSED)).hasToString("priority peer-closed");
    assertThat(Interest.READABLE.exclusive()).hasToString("readable exclusive");
  }

  @Test
  void bitsGoThereAndBack() {
    Interest interest = Interest.WRITABLE.edge();
    assertThat(Interest.ofBits(interest.bits())).isSameAs(interest);
  }
}
