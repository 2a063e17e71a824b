package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the owner of a run queue takes in at a time. */
final class RunQueueTest {
  /** Something more is offered whenever something is taken in. */
  private static final class Fed extends RunQueue {
    int left = 1_000;

    Fed(int slots) {
      super(new Offers(slots));
    }

    @Override
    void add(Runnable runnable) {
      super.add(runnable);
      if (left-- > 0) {
        offer(() -> {});
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 256})
  void whatIsOfferedMeanwhileIsLeftToTheNextTime(int slots) {
    Fed queue = new Fed(slots);
    queue.offer(() -> {});
    queue.offer(() -> {});
    queue.takeIn();
    assertThat(queue.size()).isEqualTo(2);
    queue.takeIn();
    assertThat(queue.size()).isEqualTo(4);
    assertThat(queue.left).isEqualTo(996);
  }
}
