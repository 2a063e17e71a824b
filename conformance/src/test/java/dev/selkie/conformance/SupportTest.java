package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.selkie.Interest;
import dev.selkie.Registration;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a queue says that it takes, and what it takes. */
@Contract
final class SupportTest extends QueueCases {
  private static final List<Interest> CONDITIONS =
      List.of(Interest.READABLE, Interest.WRITABLE, Interest.PRIORITY, Interest.PEER_CLOSED);

  SupportTest(Configuration configuration) {
    super(configuration);
  }

  /** Each combination of conditions in each manner. */
  private static List<Interest> every() {
    List<Interest> all = new ArrayList<>();
    for (int chosen = 0; chosen < 1 << CONDITIONS.size(); chosen++) {
      Interest conditions = Interest.NONE;
      for (int i = 0; i < CONDITIONS.size(); i++) {
        if ((chosen & 1 << i) != 0) {
          conditions = conditions.and(CONDITIONS.get(i));
        }
      }
      for (Interest manner : List.of(conditions, conditions.edge())) {
        all.add(manner);
        all.add(manner.oneShot());
        all.add(manner.exclusive());
        all.add(manner.oneShot().exclusive());
      }
    }
    return all;
  }

  @Test
  void aQueueTakesWhatItSupportsAndRefusesTheRest() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      for (Interest interest : every()) {
        boolean taken = true;
        try {
          Registration<String> registration = queue.register(pair.client(), interest, "asked");
          registration.cancel();
        } catch (UnsupportedOperationException e) {
          taken = false;
        }
        assertThat(queue.supports(interest)).as("%s", interest).isEqualTo(taken);
      }
    }
  }

  @Test
  void levelTriggeredAndOneShotInterestAreSupportedEverywhere() {
    for (Interest interest :
        List.of(Interest.NONE, Interest.READABLE, Interest.WRITABLE, Interest.READABLE_WRITABLE)) {
      assertThat(queue.supports(interest)).as("%s", interest).isTrue();
      assertThat(queue.supports(interest.oneShot())).as("%s, one-shot", interest).isTrue();
    }
  }

  @Test
  void aClosedQueueStillAnswers() {
    queue.close();
    assertThat(queue.supports(Interest.READABLE)).isTrue();
    assertThatNullPointerException().isThrownBy(() -> queue.supports(null)).withMessage("interest");
  }
}
