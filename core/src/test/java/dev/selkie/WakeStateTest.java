package dev.selkie;

import static dev.selkie.WakeState.CLOSED;
import static dev.selkie.WakeState.IDLE;
import static dev.selkie.WakeState.INTERRUPTED;
import static dev.selkie.WakeState.WOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class WakeStateTest {
  private final WakeState state = new WakeState();

  @Test
  void aWakeOfNobodyIsKeptForTheNextWaitAndWritesNothing() {
    assertThat(state.wake()).isFalse();
    assertThat(state.wake()).isFalse();
    assertThat(state.enter(true) & WOKEN).isEqualTo(WOKEN);
    assertThat(state.needsWrite()).as("it polls").isFalse();
    assertThat(state.leave() & WOKEN).isZero();
    assertThat(state.enter(true)).isEqualTo(IDLE);
  }

  @Test
  void theFirstWakeOfABlockedWaitWrites() {
    state.enter(true);
    assertThat(state.needsWrite()).isTrue();
    assertThat(state.wake()).isTrue();
    assertThat(state.wake()).isFalse();
    assertThat(state.leave() & WOKEN).isEqualTo(WOKEN);
    assertThat(state.enter(true)).isEqualTo(IDLE);
  }

  @Test
  void aWakeOfAPollingWaitWritesNothing() {
    state.enter(false);
    assertThat(state.wake()).isFalse();
    assertThat(state.leave() & WOKEN).isEqualTo(WOKEN);
  }

  @Test
  void aSecondWaiterIsRefused() {
    state.enter(false);
    assertThatThrownBy(() -> state.enter(false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("one thread at a time");
    state.leave();
    assertThat(state.enter(true)).isEqualTo(IDLE);
  }

  @Test
  void anInterruptWritesOnceAndNotAfterAWake() {
    state.enter(true);
    assertThat(state.interrupt()).isTrue();
    assertThat(state.interrupt()).isFalse();
    assertThat(state.leave() & INTERRUPTED).isEqualTo(INTERRUPTED);
    state.enter(true);
    state.wake();
    assertThat(state.interrupt()).isFalse();
  }

  @Test
  void anExportedQueueIsWrittenToThoughNobodyWaits() {
    assertThat(state.export()).as("the first export looks once at what was missed").isTrue();
    assertThat(state.export()).isFalse();
    assertThat(state.isExported()).isTrue();
    assertThat(state.needsWrite()).isTrue();
    assertThat(state.wake()).isTrue();
    assertThat(state.wake()).isFalse();
  }

  @Test
  void closeIsKeptAndRefusesWaits() {
    assertThat(state.close()).isEqualTo(IDLE);
    assertThat(state.isClosed()).isTrue();
    assertThat(state.close() & CLOSED).isEqualTo(CLOSED);
    assertThat(state.enter(true) & CLOSED).isEqualTo(CLOSED);
    assertThat(state.wake()).isFalse();
    assertThat(state.interrupt()).isFalse();
  }

  @Test
  void closeDuringAWaitIsToldToTheWaiter() {
    state.enter(true);
    assertThat(WakeState.isInside(state.close())).isTrue();
    assertThat(state.leave() & CLOSED).isEqualTo(CLOSED);
    assertThat(state.isClosed()).isTrue();
  }
}
