package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.Signals;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@link Signals} by the JVM, whose handler counts arrivals and runs the listeners on threads of
 * its own.
 *
 * <p>There is no other way: a descriptor of signals (signalfd(2)) needs them blocked in every
 * thread, and the JVM's own threads do not block them.
 *
 * <p>The JDK's way is {@code sun.misc.Signal} of the module jdk.unsupported. It is called by
 * reflection, since the compiler warns of every mention and the module need not be there.
 */
final class SystemSignals implements Signals {
  private static final String NO_MODULE =
      "the module jdk.unsupported is not there, by which the JDK gives signals; start the JVM with"
          + " --add-modules jdk.unsupported";

  /** The process has one action a signal, whatever kernels there are. */
  private static final Map<String, Subscription> SUBSCRIPTIONS = new HashMap<>();

  private final SignalTable table;

  SystemSignals(Profile profile) {
    this.table = SignalTable.of(profile.system().equals("Linux"));
  }

  /** The JDK's class for signals. */
  private static final class Jdk {
    static final @Nullable Jdk INSTANCE = find();

    private final Class<?> handlerType;
    private final Class<?> signalType;
    private final Method handle;

    private Jdk() throws ReflectiveOperationException {
      signalType = Class.forName("sun.misc.Signal");
      handlerType = Class.forName("sun.misc.SignalHandler");
      handle = signalType.getMethod("handle", signalType, handlerType);
    }

    private static @Nullable Jdk find() {
      try {
        return new Jdk();
      } catch (ReflectiveOperationException e) {
        return null;
      }
    }

    /** The signal, or null if the JVM knows none of the name. */
    @Nullable Object signal(String name) {
      try {
        return signalType.getConstructor(String.class).newInstance(name);
      } catch (InvocationTargetException e) {
        return null;
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("sun.misc.Signal", e);
      }
    }

    /** A handler that has a task run. */
    @SuppressWarnings("ReferenceEquality") // a proxy is equal to itself
    Object handler(Runnable task) {
      return Proxy.newProxyInstance(
          handlerType.getClassLoader(),
          new Class<?>[] {handlerType},
          (self, method, arguments) ->
              switch (method.getName()) {
                case "handle" -> {
                  task.run();
                  yield null;
                }
                case "equals" -> self == arguments[0];
                case "hashCode" -> System.identityHashCode(self);
                default -> "dev.selkie signal handler";
              });
    }

    /** Sets a handler: the one before, or null if the JVM refuses. */
    @Nullable Object set(Object signal, Object handler) {
      try {
        return handle.invoke(null, signal, handler);
      } catch (InvocationTargetException e) {
        return null;
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("sun.misc.Signal", e);
      }
    }
  }

  /** Somebody who is told, until the end. */
  private static final class Listener {
    private final Runnable task;
    private final AtomicInteger running = new AtomicInteger();
    private volatile boolean ended;

    Listener(Runnable task) {
      this.task = task;
    }

    void tell() {
      running.incrementAndGet();
      try {
        if (!ended) {
          task.run();
        }
      } finally {
        running.decrementAndGet();
      }
    }

    @SuppressWarnings("ThreadPriorityCheck") // to yield is all: the task is running already
    void end() {
      ended = true;
      while (running.get() != 0) {
        Thread.yield();
      }
    }
  }

  /** A signal that is taken, and by whom; all but {@link #tell} holds the map's lock. */
  private static final class Subscription {
    private final Jdk jdk;
    private final Object signal;
    private final Object handler;
    private Object before;
    private volatile Listener[] listeners = {};

    Subscription(Jdk jdk, Object signal) {
      this.jdk = jdk;
      this.signal = signal;
      this.handler = jdk.handler(this::tell);
      this.before = handler;
    }

    /** Of a thread of the JVM's, perhaps several at a time. */
    private void tell() {
      for (Listener listener : listeners) {
        listener.tell();
      }
    }

    /**
     * HUP, INT and TERM are refused under -Xrs. If they are ignored since the JVM's start, it says
     * yes and does nothing: a second look tells.
     */
    int begin() {
      Object previous = jdk.set(signal, handler);
      if (previous == null) {
        return Result.EBUSY;
      }
      if (!handler.equals(jdk.set(signal, handler))) {
        jdk.set(signal, previous);
        return Result.EPERM;
      }
      before = previous;
      return 0;
    }

    /** What somebody else has set meanwhile is left. */
    void end() {
      Object current = jdk.set(signal, before);
      if (current != null && !handler.equals(current)) {
        jdk.set(signal, current);
      }
    }

    void add(Runnable task) {
      List<Listener> more = new ArrayList<>(List.of(listeners));
      more.add(new Listener(task));
      listeners = more.toArray(Listener[]::new);
    }

    /** Takes the first listener with a task out, if there is one. */
    @Nullable Listener remove(Runnable task) {
      List<Listener> fewer = new ArrayList<>(List.of(listeners));
      for (Listener listener : fewer) {
        if (listener.task.equals(task)) {
          fewer.remove(listener);
          listeners = fewer.toArray(Listener[]::new);
          return listener;
        }
      }
      return null;
    }
  }

  @Override
  public int number(String name) {
    return table.number(name);
  }

  @Override
  public int subscribe(String name, Runnable listener) {
    int result = table.check(name);
    if (result < 0) {
      return result;
    }
    Jdk jdk = Jdk.INSTANCE;
    if (jdk == null) {
      return Result.ENOSYS;
    }
    synchronized (SUBSCRIPTIONS) {
      Subscription subscription = SUBSCRIPTIONS.get(name);
      if (subscription != null) {
        subscription.add(listener);
        return 0;
      }
      Object signal = jdk.signal(name);
      if (signal == null) {
        return Result.EINVAL;
      }
      Subscription first = new Subscription(jdk, signal);
      first.add(listener);
      result = first.begin();
      if (result == 0) {
        SUBSCRIPTIONS.put(name, first);
      }
      return result;
    }
  }

  @Override
  public int unsubscribe(String name, Runnable listener) {
    Listener ended;
    synchronized (SUBSCRIPTIONS) {
      Subscription subscription = SUBSCRIPTIONS.get(name);
      if (subscription == null) {
        return Result.EINVAL;
      }
      ended = subscription.remove(listener);
      if (ended == null) {
        return Result.EINVAL;
      }
      if (subscription.listeners.length == 0) {
        SUBSCRIPTIONS.remove(name);
        subscription.end();
      }
    }
    ended.end();
    return 0;
  }

  @Override
  public @Nullable String refusal(String name, int result) {
    String reason = table.refusal(name);
    if (reason != null) {
      return reason;
    }
    return switch (result) {
      case Result.ENOSYS -> NO_MODULE;
      case Result.EINVAL -> "this JVM does not know it";
      case Result.EBUSY ->
          "the JVM refuses: it was started with -Xrs, which leaves HUP, INT and TERM to others";
      case Result.EPERM ->
          "it was ignored when the JVM was started, as nohup(1) does, and the JVM leaves it so";
      default -> null;
    };
  }
}
