package dev.selkie;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The word of an event queue: a wait that blocks is ended by whoever comes after its beginning. */
public final class WakeStateStress {
  private WakeStateStress() {}

  /** r1: the wait would block; r2: the waker writes. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The wait blocks, and nobody ends it.")
  @Outcome(
      id = {"1, 1", "0, 0"},
      expect = ACCEPTABLE,
      desc = "A write ends it, or a note.")
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "The note was seen, and a write follows.")
  @State
  public static class WaitAndWake {
    private final WakeState state = new WakeState();

    @Actor
    public void waiter(II_Result r) {
      r.r1 = (state.enter(true) & WakeState.WOKEN) == 0 ? 1 : 0;
    }

    @Actor
    public void waker(II_Result r) {
      r.r2 = state.wake() ? 1 : 0;
    }
  }

  /** How many of two wakers write to a wait that blocks. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "The first one.")
  @Outcome(
      id = {"0", "2"},
      expect = FORBIDDEN,
      desc = "None, or both.")
  @State
  public static class TwoWakers {
    private final WakeState state = new WakeState();
    private boolean first;
    private boolean second;

    public TwoWakers() {
      state.enter(true);
    }

    @Actor
    public void one() {
      first = state.wake();
    }

    @Actor
    public void other() {
      second = state.wake();
    }

    @Arbiter
    public void count(I_Result r) {
      r.r1 = (first ? 1 : 0) + (second ? 1 : 0);
    }
  }

  /** r1: the wait looked for what is always ready and would block; r2: who adds it writes. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "It blocks beside a source that is ready.")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "It was seen, or a write.")
  @State
  public static class WaitAndAlwaysReady {
    private final WakeState state = new WakeState();
    private volatile boolean alwaysReady;

    @Actor
    public void waiter(II_Result r) {
      state.enter(true);
      r.r1 = alwaysReady ? 0 : 1;
    }

    @Actor
    public void registrar(II_Result r) {
      alwaysReady = true;
      r.r2 = state.needsWrite() ? 1 : 0;
    }
  }
}
