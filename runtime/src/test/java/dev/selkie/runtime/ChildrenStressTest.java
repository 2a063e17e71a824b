package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What two threads do with a scope at the same moment, many times. Its owner's wait for the end is
 * a park, which a model checker lets go on at any time; here a lost wake-up hangs.
 */
@Timeout(60)
final class ChildrenStressTest {
  private static final int ROUNDS = 50_000;
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private EventLoop loop;

  @BeforeEach
  void open() throws Exception {
    loop = EventLoop.builder().open();
  }

  @AfterEach
  void close() {
    loop.close();
  }

  /** One meeting of the scope's owner, who has made it, and another thread. */
  private abstract class Round {
    final Children scope = new Children(loop, false);

    abstract void owner() throws Exception;

    abstract void other();

    /** When both have ended. */
    abstract void check();
  }

  private interface Rounds {
    Round next();
  }

  /** Runs rounds, of which each thread begins its part when the other one does. */
  private static void stress(Rounds rounds) throws Exception {
    AtomicInteger turn = new AtomicInteger(); // odd: both are to run; even: the other has ended
    CompletableFuture<Void> failure = new CompletableFuture<>();
    Round[] current = new Round[1];
    Thread other =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              for (int i = 1; i <= 2 * ROUNDS; i += 2) {
                await(turn, i);
                if (current[0] == null) {
                  return;
                }
                try {
                  current[0].other();
                } catch (Throwable e) {
                  failure.completeExceptionally(e);
                }
                turn.set(i + 1);
              }
            });
    long end = System.nanoTime() + MOST_NANOS;
    int i = 0;
    while (i < 2 * ROUNDS && System.nanoTime() - end < 0) {
      Round round = rounds.next();
      current[0] = round;
      turn.set(i + 1);
      round.owner();
      await(turn, i + 2);
      i += 2;
      round.check();
      round.scope.close();
    }
    if (i < 2 * ROUNDS) {
      current[0] = null;
      turn.set(i + 1);
    }
    other.join();
    assertThat(failure).isNotDone();
  }

  @SuppressWarnings("ThreadPriorityCheck") // who is waited for may need this core
  private static void await(AtomicInteger turn, int value) {
    for (int spins = 0; turn.get() != value; spins++) {
      if (spins > 1000) {
        Thread.yield();
      } else {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void whatIsForkedWhileTheScopeIsDecidedIsCancelled() throws Exception {
    stress(() ->
        new Round() {
          final CompletableFuture<Integer> child = new CompletableFuture<>();

          @Override
          void owner() {
            scope.adopt(child);
          }

          @Override
          void other() {
            scope.cancel(new CancellationException("decided by a test"));
          }

          @Override
          void check() {
            assertThat(child.isCancelled()).isTrue();
          }
        });
  }

  @Test
  void whoJoinsIsWokenByTheLastWhoLeaves() throws Exception {
    stress(() ->
        new Round() {
          final CompletableFuture<Integer> child = adopted(scope);

          @Override
          void owner() throws Exception {
            scope.join();
            assertThat(child.isDone()).isTrue();
          }

          @Override
          void other() {
            child.complete(1);
          }

          @Override
          void check() {
            assertThat(child.join()).isEqualTo(1);
          }
        });
  }

  @Test
  void whatIsForkedWhileTheScopeEndsIsRefusedOrWaitedFor() throws Exception {
    stress(() ->
        new Round() {
          final CompletableFuture<Integer> first = adopted(scope);
          final CompletableFuture<Integer> second = new CompletableFuture<>();
          boolean accepted;
          boolean waitedFor;

          @Override
          void owner() throws Exception {
            first.complete(1);
            scope.join();
            waitedFor = second.isDone();
          }

          @Override
          void other() {
            try {
              scope.adopt(second);
              accepted = true;
            } catch (IllegalStateException e) {
              return; // it has ended
            }
            second.complete(2);
          }

          @Override
          void check() {
            assertThat(waitedFor || !accepted).isTrue();
          }
        });
  }

  private static CompletableFuture<Integer> adopted(Children scope) {
    CompletableFuture<Integer> child = new CompletableFuture<>();
    scope.adopt(child);
    return child;
  }
}
