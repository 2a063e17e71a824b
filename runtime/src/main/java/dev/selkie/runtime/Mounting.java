package dev.selkie.runtime;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the JVM lets us do with virtual threads if {@code java.lang} is open to this module: choose
 * the executor that runs them, and see on which thread they are mounted.
 */
final class Mounting {
  /*
   * JDK 25 gives a virtual thread its scheduler, an Executor, by a constructor of its builder that
   * is not public. The executor is handed the thread's continuation, one Runnable that is the same
   * each time the thread goes on; running it mounts the thread on the caller until the thread parks
   * or ends. The Runnable is a lambda that holds the thread, which tells us whose it is: threads
   * that are started inside a mounted one inherit its executor without any other sign.
   */
  private static final @Nullable Access ACCESS;

  /** Why nothing can be mounted; null if it can. */
  private static final @Nullable String OBSTACLE;

  static {
    Access access = null;
    String obstacle = null;
    try {
      // The JDK's pollers may be virtual threads, which its first read on a virtual thread starts:
      // started in a fiber they would inherit its loop and be carried by it, for all of the JVM.
      Class.forName("sun.nio.ch.Poller");
      access = Access.find();
    } catch (IllegalAccessException | RuntimeException e) {
      obstacle = "java.lang is not open to the runtime: start the JVM with " + flag();
    } catch (Throwable e) {
      obstacle = "the virtual threads of this JVM are not those of JDK 25: " + e;
    }
    ACCESS = access;
    OBSTACLE = obstacle;
  }

  private Mounting() {}

  /** The option that opens java.lang to this module as it was loaded. */
  static String flag() {
    Module module = Mounting.class.getModule();
    return "--add-opens java.base/java.lang="
        + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
  }

  /** Why virtual threads cannot be mounted on a thread of ours; null if they can. */
  static @Nullable String obstacle() {
    return OBSTACLE;
  }

  /** The platform thread that runs the caller: its carrier, or itself. */
  static Thread carrier() {
    return ACCESS == null ? Thread.currentThread() : ACCESS.currentCarrier();
  }

  /** A builder of virtual threads that a scheduler runs; the JDK's if it is null. */
  static Thread.Builder.OfVirtual builder(@Nullable Executor scheduler) {
    if (ACCESS == null) {
      return Thread.ofVirtual();
    }
    return ACCESS.newBuilder(scheduler == null ? ACCESS.jdkScheduler : scheduler);
  }

  /** What runs a virtual thread when it can go on. */
  static Executor schedulerOf(Thread thread) {
    return required().schedulerOf(thread);
  }

  /** What runs virtual threads otherwise. */
  static Executor jdkScheduler() {
    return required().jdkScheduler;
  }

  /** Whether a scheduler was handed it by a virtual thread. */
  static boolean isContinuation(Runnable runnable) {
    return ACCESS != null && runnable.getClass() == ACCESS.continuation;
  }

  /** The thread of a continuation. */
  static Thread threadOf(Runnable continuation) {
    return required().owner(continuation);
  }

  /** Whether a virtual thread was started and has not run so far. */
  static boolean isNew(Thread thread) {
    Access access = required();
    return access.stateOf(thread) == access.started;
  }

  /** Whether a virtual thread has run to its end. */
  static boolean isOver(Thread thread) {
    Access access = required();
    return access.stateOf(thread) == access.terminated;
  }

  private static Access required() {
    if (ACCESS == null) {
      throw new IllegalStateException(OBSTACLE);
    }
    return ACCESS;
  }

  /** The ways in; a record, since its fields are constants to the compiler. */
  private record Access(
      MethodHandle builder,
      MethodHandle carrier,
      MethodHandle thread,
      MethodHandle state,
      MethodHandle scheduler,
      Class<?> continuation,
      Executor jdkScheduler,
      int started,
      int terminated) {

    static Access find() throws Throwable {
      Lookup java = MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup());
      Class<?> builders = java.findClass("java.lang.ThreadBuilders$VirtualThreadBuilder");
      Class<?> virtual = java.findClass("java.lang.VirtualThread");
      Lookup inside = MethodHandles.privateLookupIn(virtual, MethodHandles.lookup());
      Thread sample = Thread.ofVirtual().unstarted(() -> {});
      Runnable continuation =
          (Runnable) inside.findVarHandle(virtual, "runContinuation", Runnable.class).get(sample);
      Field held = continuation.getClass().getDeclaredFields()[0];
      held.setAccessible(true);
      Access access =
          new Access(
              MethodHandles.privateLookupIn(builders, MethodHandles.lookup())
                  .findConstructor(builders, MethodType.methodType(void.class, Executor.class))
                  .asType(MethodType.methodType(Thread.Builder.OfVirtual.class, Executor.class)),
              java.findStatic(
                  Thread.class, "currentCarrierThread", MethodType.methodType(Thread.class)),
              MethodHandles.lookup()
                  .unreflectGetter(held)
                  .asType(MethodType.methodType(Thread.class, Runnable.class)),
              inside
                  .findVarHandle(virtual, "state", int.class)
                  .toMethodHandle(VarHandle.AccessMode.GET_VOLATILE)
                  .asType(MethodType.methodType(int.class, Thread.class)),
              inside
                  .findGetter(virtual, "scheduler", Executor.class)
                  .asType(MethodType.methodType(Executor.class, Thread.class)),
              continuation.getClass(),
              (Executor)
                  inside
                      .findStatic(
                          virtual, "defaultScheduler", MethodType.methodType(Executor.class))
                      .invoke(),
              (int) inside.findStaticVarHandle(virtual, "STARTED", int.class).get(),
              (int) inside.findStaticVarHandle(virtual, "TERMINATED", int.class).get());
      if (access.owner(continuation) != sample) {
        throw new NoSuchFieldException("the thread of a continuation");
      }
      return access;
    }

    Thread currentCarrier() {
      try {
        return (Thread) carrier.invokeExact();
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    Thread.Builder.OfVirtual newBuilder(Executor scheduler) {
      try {
        return (Thread.Builder.OfVirtual) builder.invokeExact(scheduler);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    int stateOf(Thread virtual) {
      try {
        return (int) state.invokeExact(virtual);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    Executor schedulerOf(Thread virtual) {
      try {
        return (Executor) scheduler.invokeExact(virtual);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    Thread owner(Runnable runnable) {
      try {
        return (Thread) thread.invokeExact(runnable);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }
  }
}
