package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Generators: who runs the producer, how it ends, and what is left. */
@Timeout(20)
@SuppressWarnings("ThreadPriorityCheck") // a yield is a switch
final class GeneratorTest {
  private final AtomicInteger ended = new AtomicInteger();

  private Generator<Integer> counting() {
    return Generator.of(out -> {
      try {
        for (int i = 0; ; i++) {
          out.yield(i);
        }
      } finally {
        ended.incrementAndGet();
      }
    });
  }

  private static Generator<Integer> upTo(int end) {
    return Generator.of(out -> {
      for (int i = 0; i < end; i++) {
        out.yield(i);
      }
    });
  }

  @Test
  void itemsAreMadeAsTheyAreAskedFor() {
    AtomicInteger made = new AtomicInteger();
    Generator<Integer> generator =
        Generator.of(out -> {
          for (int i = 0; i < 3; i++) {
            made.incrementAndGet();
            out.yield(i);
          }
        });
    assertThat(made).hasValue(0);
    List<Integer> items = new ArrayList<>();
    for (int item : generator) {
      assertThat(made).hasValue(item + 1);
      items.add(item);
    }
    assertThat(items).containsExactly(0, 1, 2);
    Iterator<Integer> over = generator.iterator();
    assertThat(over.hasNext()).isFalse();
    assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(over::next);
    generator.close();
  }

  @Test
  void iteratorsGoOnWhereTheLastOneStopped() {
    try (Generator<Integer> generator = upTo(5)) {
      Iterator<Integer> one = generator.iterator();
      assertThat(one.hasNext()).isTrue();
      assertThat(one.hasNext()).isTrue();
      assertThat(one.next()).isZero();
      assertThat(generator.iterator().next()).isOne();
      assertThat(generator.stream()).containsExactly(2, 3, 4);
    }
  }

  @Test
  void aStreamIsLazyAndClosesItsGenerator() {
    try (var stream = counting().stream()) {
      List<Integer> odd = stream.filter(i -> i % 2 == 1).limit(3).toList();
      assertThat(odd).containsExactly(1, 3, 5);
      assertThat(ended).hasValue(0);
    }
    assertThat(ended).hasValue(1);
  }

  @Test
  void closingRunsTheProducersFinally() {
    Generator<Integer> generator = counting();
    assertThat(generator.iterator().next()).isZero();
    generator.close();
    assertThat(ended).hasValue(1);
    generator.close();
    assertThat(ended).hasValue(1);
    assertThat(generator.iterator().hasNext()).isFalse();
  }

  @Test
  void aGeneratorThatIsClosedFirstNeverBegins() {
    Generator<Integer> generator = counting();
    generator.close();
    assertThat(generator.iterator().hasNext()).isFalse();
    assertThat(ended).hasValue(0);
  }

  @Test
  void aProducerThatCatchesTheCloseIsThrownAtAgain() {
    AtomicInteger caught = new AtomicInteger();
    Generator<Integer> generator =
        Generator.of(out -> {
          for (int i = 0; i < 5; i++) {
            try {
              out.yield(i);
            } catch (CancellationException e) {
              caught.incrementAndGet();
            }
          }
        });
    assertThat(generator.iterator().next()).isZero();
    generator.close();
    assertThat(caught).hasValue(5);
  }

  @Test
  void whatTheProducerThrowsIsThrownToWhoAsks() {
    for (Throwable thrown :
        List.of(new IllegalArgumentException(), new AssertionError(), new IOException())) {
      Generator<Integer> generator =
          Generator.of(out -> {
            out.yield(1);
            if (thrown instanceof Exception e) {
              throw e;
            }
            throw (Error) thrown;
          });
      Iterator<Integer> items = generator.iterator();
      assertThat(items.next()).isOne();
      if (thrown instanceof IOException) {
        assertThatThrownBy(items::hasNext).isInstanceOf(CompletionException.class).hasCause(thrown);
      } else {
        assertThatThrownBy(items::hasNext).isSameAs(thrown);
      }
      assertThat(items.hasNext()).as("afterwards").isFalse();
    }
  }

  @Test
  void whatTheProducerThrowsAtTheCloseIsThrownByIt() {
    Generator<Integer> generator =
        Generator.of(out -> {
          try {
            out.yield(1);
          } finally {
            throwIllegalState();
          }
        });
    assertThat(generator.iterator().next()).isOne();
    assertThatIllegalStateException().isThrownBy(generator::close).withMessage("at the end");
  }

  private static void throwIllegalState() {
    throw new IllegalStateException("at the end");
  }

  @Test
  void aGeneratorMayAskAnother() {
    Generator<Integer> doubled =
        Generator.of(out -> {
          try (Generator<Integer> inner = counting()) {
            for (int i : inner) {
              out.yield(2 * i);
            }
          }
        });
    assertThat(doubled.stream().limit(4)).containsExactly(0, 2, 4, 6);
    doubled.close();
    assertThat(ended).hasValue(1);
  }

  @Test
  void generatorsThatAskEachOtherRunOnTheThreadOfTheFirst() throws Exception {
    Set<Thread> carriers = new HashSet<>();
    Generator<Integer> summed =
        Generator.of(out -> {
          try (Generator<Integer> one = counting();
              Generator<Integer> other = watched(carriers)) {
            Iterator<Integer> others = other.iterator();
            for (int i : one) {
              carriers.add(Mounting.carrier());
              out.yield(i + others.next());
            }
          }
        });
    List<Integer> three = summed.stream().limit(3).toList();
    assertThat(three).containsExactly(0, 2, 4);
    assertThat(carriers).containsExactly(Thread.currentThread());
    try (EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
      assertThat(loop.fiber(() -> summed.iterator().next()).join()).isEqualTo(6);
    }
    assertThat(carriers).hasSize(2);
    summed.close();
    assertThat(ended).hasValue(2);
  }

  private Generator<Integer> watched(Set<Thread> carriers) {
    return Generator.of(out -> {
      try {
        for (int i = 0; ; i++) {
          carriers.add(Mounting.carrier());
          Thread.yield();
          out.yield(i);
        }
      } finally {
        ended.incrementAndGet();
      }
    });
  }

  @Test
  void threadsThatAProducerStartsRunAlsoAfterItsEnd() throws Exception {
    CountDownLatch late = new CountDownLatch(1);
    CompletableFuture<String> result = new CompletableFuture<>();
    Generator<Integer> generator =
        Generator.of(out -> {
          Thread.ofVirtual()
              .start(() -> {
                try {
                  late.await();
                  result.complete("late");
                } catch (InterruptedException e) {
                  result.completeExceptionally(e);
                }
              });
          out.yield(1);
        });
    assertThat(generator.stream()).containsExactly(1);
    generator.close();
    late.countDown();
    assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("late");
  }

  @Test
  void aPlatformThreadThatAsksRunsTheProducerItself() {
    AtomicReference<Thread> carrier = new AtomicReference<>();
    Generator<Boolean> generator =
        Generator.of(out -> {
          carrier.set(Mounting.carrier());
          out.yield(Thread.currentThread().isVirtual());
        });
    assertThat(generator.iterator().next()).isTrue();
    assertThat(carrier.get()).isSameAs(Thread.currentThread());
    generator.close();
  }

  @Test
  void withoutMountingTheJdkRunsTheProducer() throws Exception {
    AtomicReference<Thread> carrier = new AtomicReference<>();
    Generator<Integer> generator =
        Generator.of(
            out -> {
              try {
                for (int i = 0; ; i++) {
                  carrier.set(Mounting.carrier());
                  out.yield(i);
                }
              } finally {
                ended.incrementAndGet();
              }
            },
            false);
    Iterator<Integer> items = generator.iterator();
    for (int i = 0; i < 1_000; i++) {
      assertThat(items.next()).isEqualTo(i);
    }
    assertThat(carrier.get()).isNotSameAs(Thread.currentThread());
    try (EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
      assertThat(loop.fiber(items::next).join()).isEqualTo(1_000);
    }
    generator.close();
    assertThat(ended).hasValue(1);
  }

  @Test
  void whoAsksMayChange() throws Exception {
    try (Generator<Integer> generator = counting();
        EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
      Iterator<Integer> items = generator.iterator();
      assertThat(items.next()).isZero();
      assertThat(loop.fiber(items::next).join()).isOne();
      assertThat(loop.submit(items::next).get(10, TimeUnit.SECONDS)).isEqualTo(2);
      CompletableFuture<Integer> elsewhere = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> elsewhere.complete(items.next()));
      assertThat(elsewhere.get(10, TimeUnit.SECONDS)).isEqualTo(3);
      assertThat(items.next()).isEqualTo(4);
    }
  }

  @Test
  void aFibersProducerRunsOnItsLoopAndMayWaitForIt() throws Exception {
    try (EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
      Set<Thread> carriers = new HashSet<>();
      Fiber<Integer> fiber =
          loop.fiber(() -> {
            int sum = 0;
            Generator<Integer> generator =
                Generator.of(out -> {
                  for (int i = 0; i < 3; i++) {
                    loop.sleep(Duration.ofMillis(1));
                    carriers.add(Mounting.carrier());
                    out.yield(i);
                  }
                });
            for (int item : generator) {
              carriers.add(Mounting.carrier());
              sum += item;
            }
            return sum;
          });
      assertThat(fiber.join()).isEqualTo(3);
      assertThat(carriers).hasSize(1);
    }
  }

  @Test
  void aProducerThatWouldBlockTheLoopOfWhoAsksIsRefused() throws Exception {
    try (EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
      Generator<Integer> generator =
          Generator.of(out -> {
            loop.sleep(Duration.ofMillis(1));
            out.yield(1);
          });
      Generator<Integer> outer = Generator.of(out -> out.yield(generator.iterator().next()));
      assertThatThrownBy(() -> loop.submit(() -> outer.iterator().next()).get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasRootCauseMessage(
              "this would block %s on its own thread: use schedule, or a fiber".formatted(loop));
    }
  }

  /** Without mounting the two would wait for each other. */
  @Test
  void aProducerElsewhereThatWouldBlockTheLoopOfWhoAsksIsRefused() throws Exception {
    try (EventLoop loop = EventLoop.start()) {
      List<Generator.Producer<Integer>> blocking =
          List.of(
              _ -> loop.sleep(Duration.ofMillis(1)),
              _ -> loop.submit(() -> {}).get(),
              _ -> loop.close(Duration.ZERO));
      for (Generator.Producer<Integer> producer : blocking) {
        Generator<Integer> inner = Generator.of(producer, false);
        Generator<Integer> outer = Generator.of(out -> out.yield(inner.iterator().next()), false);
        assertThatThrownBy(
                () -> loop.submit(() -> outer.iterator().next()).get(10, TimeUnit.SECONDS))
            .hasRootCauseInstanceOf(IllegalStateException.class);
      }
    }
  }

  @Test
  void aThreadOfAProducerElsewhereMayWaitForTheLoop() throws Exception {
    try (EventLoop loop = EventLoop.start()) {
      CompletableFuture<String> slept = new CompletableFuture<>();
      Generator<Integer> generator =
          Generator.of(
              out -> {
                Thread.ofVirtual()
                    .start(() -> {
                      try {
                        loop.sleep(Duration.ofMillis(1));
                        slept.complete("slept");
                      } catch (InterruptedException | RuntimeException e) {
                        slept.completeExceptionally(e);
                      }
                    });
                out.yield(1);
              },
              false);
      assertThat(loop.submit(() -> generator.iterator().next()).get(10, TimeUnit.SECONDS)).isOne();
      assertThat(slept.get(10, TimeUnit.SECONDS)).isEqualTo("slept");
      generator.close();
    }
  }

  /** Asks as it is initialised. */
  private static final class Asking {
    static final int ITEM = GeneratorTest.upTo(2).iterator().next();
  }

  @Test
  void aFiberThatAsksWhereItIsPinnedIsRefused() throws Exception {
    try (EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
      Fiber<Integer> fiber = loop.fiber(() -> Asking.ITEM);
      assertThatThrownBy(() -> fiber.get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .rootCause()
          .hasMessageContaining("inside a class initialiser");
      assertThat(loop.fiber(() -> upTo(2).iterator().next()).get(10, TimeUnit.SECONDS)).isZero();
    }
  }

  /** Yields as it is initialised. */
  private static final class Yielding {
    private static Generator.@Nullable Yielder<Integer> out;

    private static final class Initialised {
      static final String DONE = yieldOne();

      private static String yieldOne() {
        Yielding.out.yield(1);
        return "done";
      }
    }
  }

  @Test
  void aProducerThatYieldsWhereItIsPinnedIsRefused() {
    Generator<Integer> generator =
        Generator.of(out -> {
          Yielding.out = out;
          assertThat(Yielding.Initialised.DONE).isEqualTo("done");
        });
    assertThatThrownBy(() -> generator.iterator().next())
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .rootCause()
        .hasMessageContaining("inside a class initialiser");
  }

  /** Asks as it is initialised, by the thread that the producer is mounted on. */
  private static final class AskingThread {
    static final int ITEM = GeneratorTest.upTo(2).iterator().next();
  }

  @Test
  void aPlatformThreadMayAskInsideAClassInitialiser() {
    assertThat(AskingThread.ITEM).isZero();
  }

  @Test
  void aProducerMayWaitForAnotherThread() throws Exception {
    ReentrantLock lock = new ReentrantLock();
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    Thread holder =
        Thread.ofPlatform()
            .start(() -> {
              lock.lock();
              try {
                held.countDown();
                while (!lock.hasQueuedThreads()) {
                  Thread.onSpinWait();
                }
              } finally {
                lock.unlock();
              }
              asked.countDown();
            });
    held.await();
    Generator<String> generator =
        Generator.of(out -> {
          lock.lock();
          try {
            Thread.sleep(1);
          } finally {
            lock.unlock();
          }
          out.yield("free");
        });
    assertThat(generator.iterator().next()).isEqualTo("free");
    asked.await();
    holder.join();
    generator.close();
  }

  @Test
  void anInterruptOfWhoAsksIsTheProducersToo() {
    Generator<String> generator =
        Generator.of(out -> {
          try {
            Thread.sleep(Duration.ofHours(1));
          } catch (InterruptedException e) {
            out.yield("interrupted");
          }
        });
    Thread.currentThread().interrupt();
    assertThat(generator.iterator().next()).isEqualTo("interrupted");
    assertThat(Thread.interrupted()).as("stays").isTrue();
    generator.close();
  }

  @Test
  void anInterruptWhileTheProducerRunsIsKept() {
    Thread asker = Thread.currentThread();
    Generator<Integer> generator =
        Generator.of(out -> {
          asker.interrupt();
          out.yield(1);
        });
    assertThat(generator.iterator().next()).isOne();
    assertThat(Thread.interrupted()).isTrue();
    generator.close();
  }

  @Test
  void anInterruptWhileAnInnerProducerRunsIsKept() {
    Thread asker = Thread.currentThread();
    Generator<Integer> inner =
        Generator.of(out -> {
          asker.interrupt();
          out.yield(1);
        });
    Generator<Integer> outer = Generator.of(out -> out.yield(inner.iterator().next()));
    assertThat(outer.iterator().next()).isOne();
    assertThat(Thread.interrupted()).isTrue();
    outer.close();
    inner.close();
  }

  @Test
  void otherThreadsThanTheTwoAreRefused() throws Exception {
    AtomicReference<Generator.Yielder<Integer>> stolen = new AtomicReference<>();
    AtomicReference<Generator<Integer>> self = new AtomicReference<>();
    List<String> refusals = new ArrayList<>();
    Generator<Integer> generator =
        Generator.of(out -> {
          stolen.set(out);
          try {
            self.get().iterator().next();
          } catch (IllegalStateException e) {
            refusals.add(e.getMessage());
          }
          out.yield(1);
        });
    self.set(generator);
    assertThat(generator.iterator().next()).isOne();
    assertThat(refusals).singleElement().asString().contains("one at a time");
    assertThatIllegalStateException()
        .isThrownBy(() -> stolen.get().yield(2))
        .withMessageContaining("the generator's thread");
    generator.close();
    assertThatNullPointerException().isThrownBy(() -> Generator.of(null));
    assertThatNullPointerException()
        .isThrownBy(() -> Generator.of(out -> out.yield(null)).iterator().next())
        .withMessage("item");
  }

  @Test
  void aCloseThatIsRefusedChangesNothing() {
    AtomicReference<Generator<Integer>> self = new AtomicReference<>();
    AtomicInteger refused = new AtomicInteger();
    Generator<Integer> generator =
        Generator.of(out -> {
          try {
            self.get().close();
          } catch (IllegalStateException e) {
            refused.incrementAndGet();
          }
          out.yield(1);
          out.yield(2);
        });
    self.set(generator);
    assertThat(generator.stream()).containsExactly(1, 2);
    assertThat(refused).hasValue(1);
  }

  @Test
  void anInterruptOfTheProducerIsItsOwn() {
    Generator<Integer> generator =
        Generator.of(out -> {
          Thread.currentThread().interrupt();
          out.yield(1);
          assertThat(Thread.interrupted()).isTrue();
          out.yield(2);
        });
    Iterator<Integer> items = generator.iterator();
    assertThat(items.next()).isOne();
    assertThat(Thread.interrupted()).as("of who asks").isFalse();
    assertThat(items.next()).isEqualTo(2);
    generator.close();
  }

  @Test
  void aThreadThatAProducerStartsMayAskAnother() throws Exception {
    CompletableFuture<List<Integer>> taken = new CompletableFuture<>();
    CountDownLatch late = new CountDownLatch(1);
    Generator<Integer> generator =
        Generator.of(out -> {
          Thread.ofVirtual()
              .start(() -> {
                try {
                  late.await();
                  taken.complete(upTo(3).stream().toList());
                } catch (InterruptedException | RuntimeException e) {
                  taken.completeExceptionally(e);
                }
              });
          out.yield(1);
        });
    assertThat(generator.stream()).containsExactly(1);
    late.countDown();
    assertThat(taken.get(10, TimeUnit.SECONDS)).containsExactly(0, 1, 2);
  }

  @Test
  void anAbandonedGeneratorIsClosedAndItsThreadIsGone() {
    WeakReference<Thread> producer = abandoned();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (ended.get() == 0 || producer.get() != null) {
      assertThat(System.nanoTime()).as("%s", producer.get()).isLessThan(end);
      System.gc();
    }
  }

  @Test
  void anAbandonedGeneratorOfAConfinedLoopIsLeftToTheProgram() throws Exception {
    AtomicReference<Thread> closer = new AtomicReference<>();
    Thread.ofPlatform()
        .start(() -> {
          try (EventLoop loop =
              EventLoop.builder().mountFibers(true).confinedTo(Thread.currentThread()).open()) {
            Fiber<Integer> fiber = loop.fiber(() -> endingOn(closer).iterator().next());
            while (!fiber.isDone()) {
              loop.runOnce(Duration.ofSeconds(10));
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        })
        .join();
    abandoned(); // is closed after the other would have been
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (ended.get() == 0) {
      assertThat(System.nanoTime()).isLessThan(end);
      System.gc();
    }
    assertThat(closer.get()).isNull();
  }

  private static Generator<Integer> endingOn(AtomicReference<Thread> closer) {
    return Generator.of(out -> {
      try {
        out.yield(1);
        out.yield(2);
      } finally {
        closer.set(Mounting.carrier());
      }
    });
  }

  private WeakReference<Thread> abandoned() {
    AtomicReference<WeakReference<Thread>> thread = new AtomicReference<>();
    Generator<Integer> generator =
        Generator.of(out -> {
          thread.set(new WeakReference<>(Thread.currentThread()));
          try {
            out.yield(1);
            out.yield(2);
          } finally {
            ended.incrementAndGet();
          }
        });
    assertThat(generator.iterator().next()).isOne();
    return thread.get();
  }

  @Test
  void itemsPassBetweenThreadsInOrder() throws Exception {
    int count = 20_000;
    CompletableFuture<List<Integer>> taken = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> taken.complete(upTo(count).stream().toList()));
    assertThat(taken.get(15, TimeUnit.SECONDS)).hasSize(count).isSorted();
    assertThat(upTo(count).stream().mapToInt(i -> i).sum()).isEqualTo(count / 2 * (count - 1));
  }
}
