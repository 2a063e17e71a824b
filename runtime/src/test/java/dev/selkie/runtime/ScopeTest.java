package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Scopes of fibers that are mounted, and of fibers on the JDK's scheduler. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
@SuppressWarnings("FutureReturnValueIgnored") // forks whose result does not matter
final class ScopeTest {
  private static final Duration LONG = Duration.ofDays(1);

  private final boolean mounted;
  private EventLoop loop;

  ScopeTest(boolean mounted) {
    this.mounted = mounted;
  }

  @BeforeEach
  void open() throws IOException {
    loop = EventLoop.builder().name("loop").mountFibers(mounted).start();
  }

  @AfterEach
  void close() {
    loop.close();
  }

  /** A body that sleeps until it is interrupted, and notes that. */
  private Callable<Integer> sleeper(AtomicInteger interrupted) {
    return () -> {
      try {
        loop.sleep(LONG);
        return 0;
      } catch (InterruptedException e) {
        Fiber.yieldNow();
        interrupted.incrementAndGet();
        throw e;
      }
    };
  }

  @Test
  void joinWaitsForAllAndTheirResultsAreThere() throws Exception {
    int sum =
        loop.fiber(
                () -> {
                  try (Scope scope = loop.scope()) {
                    Fiber<Integer> one = scope.fork(() -> 1);
                    Fiber<Integer> two =
                        scope.fork(
                            "two",
                            () -> {
                              loop.sleep(Duration.ofMillis(2));
                              return 2;
                            });
                    assertThat(two.thread().getName()).isEqualTo("two");
                    scope.join();
                    return one.resultNow() + two.resultNow();
                  }
                })
            .join();
    assertThat(sum).isEqualTo(3);
  }

  @Test
  void childrenForkSiblingsForWhomJoinWaitsToo() throws Exception {
    AtomicInteger ended = new AtomicInteger();
    try (Scope scope = loop.scope()) {
      scope.fork(() ->
          scope.fork(() ->
              scope.fork(() -> {
                loop.sleep(Duration.ofMillis(2));
                return ended.incrementAndGet();
              })));
      scope.join();
      assertThat(ended).hasValue(1);
    }
  }

  @Test
  void theFirstFailureCancelsTheSiblingsAndIsThrownByJoin() {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(2);
    try (Scope scope = loop.scope()) {
      Fiber<Integer> sibling =
          scope.fork(() -> {
            asleep.countDown();
            return sleeper(interrupted).call();
          });
      scope.fork(() -> {
        asleep.countDown();
        try {
          loop.sleep(LONG);
        } catch (InterruptedException e) {
          throw new IOException("second", e);
        }
        return 0;
      });
      scope.fork(() -> {
        asleep.await();
        throw new IOException("first");
      });
      assertThatThrownBy(scope::join)
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseMessage("first")
          .satisfies(e ->
              assertThat(e.getSuppressed())
                  .singleElement()
                  .hasToString("java.io.IOException: second"));
      assertThat(sibling.isCancelled()).isTrue();
      assertThat(interrupted).as("join has waited for the end").hasValue(1);
    }
  }

  @Test
  void aForkAfterAFailureDoesNotRun() throws Exception {
    AtomicBoolean ran = new AtomicBoolean();
    CountDownLatch open = new CountDownLatch(1);
    try (Scope scope = loop.scope()) {
      Fiber<Object> failing =
          scope.fork(() -> {
            throw new IOException("first");
          });
      assertThatThrownBy(failing::join).isInstanceOf(ExecutionException.class);
      Fiber<Object> late =
          scope.fork(() -> {
            ran.set(true);
            open.countDown();
            return 0;
          });
      assertThatThrownBy(scope::join).hasRootCauseMessage("first");
      assertThat(late.isCancelled()).isTrue();
      assertThat(ran).isFalse();
    }
  }

  @Test
  void aChildThatIsCancelledHasNotFailed() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    try (Scope scope = loop.scope()) {
      Fiber<Integer> cancelled = scope.fork(sleeper(interrupted));
      Fiber<Integer> other = scope.fork(() -> 1);
      cancelled.cancel(true);
      scope.join();
      assertThat(other.resultNow()).isEqualTo(1);
    }
  }

  @Test
  void closingCancelsAndWaitsAlsoWhenTheBodyThrows() {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(1);
    assertThatThrownBy(
            () -> {
              try (Scope scope = loop.scope()) {
                scope.fork(() -> {
                  asleep.countDown();
                  return sleeper(interrupted).call();
                });
                asleep.await();
                throw new IOException("body");
              }
            })
        .hasMessage("body");
    assertThat(interrupted).hasValue(1);
  }

  @Test
  void anInterruptWhileClosingWaitsIsKept() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    AtomicBoolean stubborn = new AtomicBoolean(true);
    AtomicReference<Boolean> status = new AtomicReference<>();
    Thread owner =
        Thread.ofPlatform()
            .start(() -> {
              try (Scope scope = loop.scope()) {
                scope.fork(() -> {
                  begun.countDown();
                  while (stubborn.get()) {
                    if (Thread.interrupted()) {
                      cancelled.countDown();
                    }
                    Fiber.yieldNow();
                  }
                  return 0;
                });
                begun.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              status.set(Thread.currentThread().isInterrupted());
            });
    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    owner.interrupt();
    while (owner.isInterrupted()) {
      Thread.onSpinWait(); // it takes the interrupt, and waits on
    }
    assertThat(owner.isAlive()).isTrue();
    stubborn.set(false);
    assertThat(owner.join(Duration.ofSeconds(10))).isTrue();
    assertThat(status).hasValue(true);
  }

  @Test
  void anInterruptEndsJoinAndCancelsTheChildren() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch forked = new CountDownLatch(1);
    AtomicReference<Exception> thrown = new AtomicReference<>();
    Fiber<Object> owner =
        loop.fiber(() -> {
          try (Scope scope = loop.scope()) {
            scope.fork(() -> {
              forked.countDown();
              return sleeper(interrupted).call();
            });
            scope.join();
          } catch (InterruptedException e) {
            thrown.set(e);
          }
          return interrupted.get();
        });
    assertThat(forked.await(10, TimeUnit.SECONDS)).isTrue();
    owner.thread().interrupt();
    assertThat(owner.join()).isEqualTo(1);
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void theFirstResultOfARaceCancelsTheOthers() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(1);
    try (Race<Integer> race = loop.<Integer>race().deadline(LONG)) {
      race.fork(() -> {
        asleep.countDown();
        return sleeper(interrupted).call();
      });
      race.fork(() -> {
        throw new IOException("a failure decides nothing");
      });
      race.fork(() -> {
        asleep.await();
        return 7;
      });
      assertThat(race.join()).isEqualTo(7);
      assertThat(interrupted).hasValue(1);
    }
  }

  @Test
  void aRaceFailsWhenAllHaveFailed() {
    try (Race<Integer> race = loop.race()) {
      CompletableFuture<Integer> first = race.adopt(new CompletableFuture<>());
      first.completeExceptionally(new IOException("first"));
      race.fork(() -> {
        throw new IOException("second");
      });
      assertThatThrownBy(race::join)
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseMessage("first")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }
    try (Race<Integer> race = loop.race()) {
      assertThatThrownBy(race::join).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aDeadlineCancelsTheChildrenAndIsNeverEarly() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(1);
    long start;
    try (Scope scope = loop.scope()) {
      scope.fork(() -> {
        asleep.countDown();
        return sleeper(interrupted).call();
      });
      asleep.await();
      start = System.nanoTime();
      scope.deadline(Duration.ofMillis(20)).deadline(LONG);
      assertThatThrownBy(scope::join)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(TimeoutException.class);
    }
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(20_000_000);
    assertThat(interrupted).hasValue(1);
  }

  @Test
  void aNestedScopeHasTheEarlierOfTheDeadlines() throws Exception {
    try (Scope outer = loop.scope().deadline(Duration.ofMillis(30))) {
      Fiber<String> nested =
          outer.fork(() -> {
            try (Scope inner = loop.scope().deadline(LONG)) {
              assertThat(inner.timeLeft()).get().matches(left -> left.toMillis() <= 30);
              inner.fork(sleeper(new AtomicInteger()));
              inner.join();
              return "no end";
            } catch (ExecutionException e) {
              return e.getCause().getClass().getSimpleName();
            }
          });
      assertThatThrownBy(outer::join).hasCauseInstanceOf(TimeoutException.class);
      nested.thread().join();
    }
    try (Scope outer = loop.scope().deadline(LONG)) {
      Scope inner = loop.scope();
      assertThat(inner.timeLeft()).as("in one thread").get().matches(l -> l.compareTo(LONG) <= 0);
      inner.deadline(Duration.ofMillis(1));
      inner.fork(sleeper(new AtomicInteger()));
      assertThatThrownBy(inner::join).hasCauseInstanceOf(TimeoutException.class);
      inner.close();
      Fiber<Integer> after = outer.fork(() -> 3);
      outer.join();
      assertThat(after.resultNow()).isEqualTo(3);
    }
  }

  @Test
  void theScopeAroundTellsNestedOnesWhyTheyEnd() throws Exception {
    AtomicReference<Throwable> told = new AtomicReference<>();
    CountDownLatch asleep = new CountDownLatch(1);
    try (Scope outer = loop.scope()) {
      outer.fork(() -> {
        try (Scope inner = loop.scope()) {
          inner.fork(() -> {
            asleep.countDown();
            return sleeper(new AtomicInteger()).call();
          });
          inner.join();
        } catch (ExecutionException e) {
          told.set(e.getCause());
        }
        return 0;
      });
      outer.fork(() -> {
        asleep.await();
        throw new IOException("first");
      });
      assertThatThrownBy(outer::join).hasRootCauseMessage("first");
    }
    assertThat(told.get()).isInstanceOf(CancellationException.class).hasRootCauseMessage("first");
  }

  @Test
  void whatTheOwnerWaitsForItselfEndsAtTheDeadline() throws Exception {
    try (Incoming<Connection> incoming =
        loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      try (Scope scope = loop.scope().deadline(Duration.ofMillis(5))) {
        assertThatThrownBy(incoming::take).isInstanceOf(SocketTimeoutException.class);
        assertThatThrownBy(() -> loop.sleep(LONG))
            .isInstanceOf(InterruptedException.class)
            .hasMessageContaining("deadline");
        assertThat(scope.timeLeft()).get().matches(Duration::isNegative);
      }
      loop.sleep(Duration.ofNanos(1));
    }
  }

  @Test
  void aScopeThatAFiberLeavesOpenEndsWithTheFiber() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(1);
    try (Scope scope = loop.scope()) {
      scope.fork(() -> {
        Scope forgotten = loop.scope();
        forgotten.fork(() -> {
          asleep.countDown();
          return sleeper(interrupted).call();
        });
        asleep.await();
        return 0;
      });
      scope.join();
      assertThat(interrupted).hasValue(1);
    }
  }

  @Test
  void misuseIsToldInWords() throws Exception {
    Scope scope = loop.scope();
    assertThatThrownBy(() -> elsewhere(scope::close))
        .isInstanceOf(WrongThreadException.class)
        .hasMessageContaining("closed by the thread that opened it");
    assertThatThrownBy(() -> elsewhere(scope::join)).isInstanceOf(WrongThreadException.class);
    scope.join();
    assertThatThrownBy(scope::join).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(scope::toFuture).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> scope.fork(() -> 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("joined or closed");
    assertThatThrownBy(() -> scope.deadline(LONG)).isInstanceOf(IllegalStateException.class);
    scope.close();
    scope.close();
    assertThatThrownBy(() -> scope.fork(() -> 1)).isInstanceOf(IllegalStateException.class);

    Scope outer = loop.scope();
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(1);
    Scope inner = loop.scope();
    inner.fork(() -> {
      asleep.countDown();
      return sleeper(interrupted).call();
    });
    asleep.await();
    assertThatThrownBy(outer::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("before one that was opened in it");
    assertThat(interrupted).as("what was in it has ended").hasValue(1);
    inner.close();
  }

  private static void elsewhere(Callable<?> action) throws Exception {
    AtomicReference<Exception> thrown = new AtomicReference<>();
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              try {
                action.call();
              } catch (Exception e) {
                thrown.set(e);
              }
            });
    other.join();
    if (thrown.get() != null) {
      throw thrown.get();
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  private static void elsewhere(Action action) throws Exception {
    elsewhere(() -> {
      action.run();
      return 0;
    });
  }

  @Test
  void aFutureIsAChildToo() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(1);
    try (Scope scope = loop.scope()) {
      CompletableFuture<Object> endless = scope.adopt(new CompletableFuture<>());
      scope.fork(() -> {
        asleep.countDown();
        return sleeper(interrupted).call();
      });
      asleep.await();
      CompletableFuture<Object> source = new CompletableFuture<>();
      scope.adopt(source.thenApply(_ -> 1));
      source.completeExceptionally(new IOException("future"));
      assertThatThrownBy(scope::join)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(IOException.class)
          .hasMessage("future");
      assertThat(endless.isCancelled()).isTrue();
      assertThat(interrupted).hasValue(1);
    }
  }

  @Test
  void aFutureEndsAScopeThatTheLoopCannotWaitFor() throws Exception {
    List<String> refused = new ArrayList<>();
    AtomicInteger ended = new AtomicInteger();
    CompletableFuture<Integer> sum =
        loop.submit(
                () -> {
                  try (Scope scope = loop.scope()) {
                    Fiber<Integer> one =
                        scope.fork(() -> {
                          loop.sleep(Duration.ofMillis(2));
                          return ended.incrementAndGet();
                        });
                    try {
                      scope.join();
                    } catch (IllegalStateException e) {
                      refused.add(e.getMessage());
                    }
                    return scope.toFuture().thenApply(_ -> one.resultNow() + 1);
                  }
                })
            .get();
    assertThat(sum.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(refused).singleElement().asString().contains("toFuture()");
    assertThat(ended).hasValue(1);
  }

  @Test
  void cancellingTheFutureCancelsTheChildren() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch asleep = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    CompletableFuture<Integer> future;
    try (Race<Integer> race = loop.race()) {
      race.fork(() -> {
        try {
          asleep.countDown();
          return sleeper(interrupted).call();
        } finally {
          ended.countDown();
        }
      });
      future = race.toFuture();
    }
    asleep.await();
    assertThat(future.isDone()).isFalse();
    future.cancel(true);
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(interrupted).hasValue(1);
  }

  @Test
  void aScopeWaitsForThoseInItThatFuturesEnd() throws Exception {
    AtomicInteger ended = new AtomicInteger();
    try (Scope outer = loop.scope()) {
      try (Scope inner = loop.scope()) {
        inner.fork(() -> {
          loop.sleep(Duration.ofMillis(2));
          return ended.incrementAndGet();
        });
        inner.toFuture();
      }
      outer.join();
      assertThat(ended).hasValue(1);
    }
  }

  @Test
  void aLoopThatIsClosedEndsItsScopes() throws Exception {
    CountDownLatch asleep = new CountDownLatch(1);
    Thread closer =
        Thread.ofPlatform()
            .start(() -> {
              try {
                asleep.await();
                loop.close();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    try (Scope scope = loop.scope().deadline(LONG)) {
      scope.fork(() -> {
        asleep.countDown();
        return sleeper(new AtomicInteger()).call();
      });
      assertThatThrownBy(scope::join).isInstanceOf(ExecutionException.class);
      closer.join();
    }
    try (Scope scope = loop.scope()) {
      assertThatThrownBy(() -> scope.fork(() -> 1)).isInstanceOf(RejectedExecutionException.class);
      scope.join();
    }
  }
}
