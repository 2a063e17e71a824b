package dev.selkie.benchmarks;

import dev.selkie.runtime.Generator;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Iterator;

/**
 * One peer of the generators comparison, as a process: {@code ItemsRunner PEER}.
 *
 * <p>{@code items MILLIS}: takes items of one producer, one by one; answers with the time and the
 * items.
 */
final class ItemsRunner {
  private static final int BATCH = 10_000;

  /** What takes some items. */
  private interface Taker {
    void take(int items) throws Throwable;
  }

  private ItemsRunner() {}

  public static void main(String[] args) {
    try {
      Taker taker = open(Peer.ofWord(args[0]));
      ChildMain.answer("ready");
      while (true) {
        run(taker, Long.parseLong(ChildMain.nextCommand()[1]) * 1_000_000);
      }
    } catch (Throwable e) {
      ChildMain.fail(e);
    }
  }

  private static void run(Taker taker, long nanos) throws Throwable {
    long start = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - start < nanos) {
      taker.take(BATCH);
      count += BATCH;
    }
    ChildMain.answer("nanos=%d count=%d", System.nanoTime() - start, count);
  }

  private static Taker open(Peer peer) throws ReflectiveOperationException {
    return switch (peer) {
      case GENERATOR -> generator();
      case CONTINUATION -> new Continuation();
      default -> throw new IllegalArgumentException(peer + " makes no items");
    };
  }

  private static Taker generator() {
    Iterator<Peer> items =
        Generator.<Peer>of(
                out -> {
                  while (true) {
                    out.yield(Peer.GENERATOR);
                  }
                })
            .iterator();
    return count -> {
      for (int i = 0; i < count; i++) {
        items.next();
      }
    };
  }

  /** A continuation of the JDK that does nothing but yield to its caller. */
  private static final class Continuation implements Taker {
    private static final MethodHandle RUN;
    private static final MethodHandle YIELD;
    private static final Object SCOPE;
    private static final MethodHandle NEW;

    static {
      try {
        Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
        Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        SCOPE = scope.getConstructor(String.class).newInstance("items");
        NEW =
            lookup
                .findConstructor(
                    continuation, MethodType.methodType(void.class, scope, Runnable.class))
                .asType(MethodType.methodType(Object.class, Object.class, Runnable.class));
        RUN =
            lookup
                .findVirtual(continuation, "run", MethodType.methodType(void.class))
                .asType(MethodType.methodType(void.class, Object.class));
        YIELD =
            lookup
                .findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope))
                .asType(MethodType.methodType(boolean.class, Object.class));
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final Object continuation;

    Continuation() {
      try {
        continuation = (Object) NEW.invokeExact(SCOPE, (Runnable) Continuation::produce);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    private static void produce() {
      try {
        while (true) {
          boolean _ = (boolean) YIELD.invokeExact(SCOPE);
        }
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void take(int items) throws Throwable {
      for (int i = 0; i < items; i++) {
        RUN.invokeExact(continuation);
      }
    }
  }
}
