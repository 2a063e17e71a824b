package dev.selkie.conformance;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.SignalEvent;
import dev.selkie.source.SignalSource;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.List;

/** A process for {@link SignalProcessTest} to send signals to; it prints what it takes. */
final class SignalChild {
  /** The signal that makes it go on. */
  private static final String NEXT = "URG";

  private SignalChild() {}

  /**
   * Takes signals by two sources, of which each URG closes one; then it waits for its end.
   *
   * @param names the signals, or {@code try} and those to be tried one by one, or {@code foreign}
   */
  public static void main(String[] names) throws Exception {
    switch (names[0]) {
      case "try" -> tryAll(names);
      case "foreign" -> replaceHandler();
      default -> take(names);
    }
  }

  private static void take(String[] names) throws IOException {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
    try (EventQueue<SignalSource> queue = EventQueue.open();
        SignalSource next = SignalSource.of(NEXT)) {
      SignalSource first = opened(names);
      SignalSource second = opened(names);
      queue.register(next, Interest.READABLE, next);
      queue.register(first, Interest.READABLE, first);
      queue.register(second, Interest.READABLE, second);
      System.out.println("ready");
      while (second.isOpen()) {
        for (Event<SignalSource> event : queue.await()) {
          SignalEvent taken = event.attachment().poll();
          if (taken != null && event.attachment() == next) {
            (first.isOpen() ? first : second).close();
            System.out.println("closed");
          } else if (taken != null) {
            String who = event.attachment() == first ? "first " : "second ";
            System.out.println(who + taken.name() + " " + taken.count());
          }
        }
      }
    }
    System.in.read();
  }

  private static SignalSource opened(String[] names) throws IOException {
    try {
      return SignalSource.of(names);
    } catch (IllegalArgumentException e) {
      System.out.println(e.getMessage());
      throw e;
    }
  }

  private static void tryAll(String[] names) throws IOException {
    for (String name : List.of(names).subList(1, names.length)) {
      try (SignalSource source = SignalSource.of(name)) {
        System.out.println("taken: " + source.names());
      } catch (IllegalArgumentException | IllegalStateException e) {
        System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
      }
    }
  }

  /** A library sets a handler of its own while a source is open: the source's end leaves it. */
  private static void replaceHandler() throws Exception {
    Class<?> signals = Class.forName("sun.misc.Signal");
    Class<?> handlers = Class.forName("sun.misc.SignalHandler");
    Object foreign =
        Proxy.newProxyInstance(
            handlers.getClassLoader(),
            new Class<?>[] {handlers},
            (_, method, _) -> {
              System.out.println("foreign " + method.getName());
              System.exit(0);
              return null;
            });
    Object signal = signals.getConstructor(String.class).newInstance(NEXT);
    try (SignalSource source = SignalSource.of(NEXT)) {
      signals.getMethod("handle", signals, handlers).invoke(null, signal, foreign);
      System.out.println(source.names() + " of " + Kernel.current().name());
    }
    signals.getMethod("raise", signals).invoke(null, signal);
    Thread.sleep(Ready.DEADLINE); // the handler ends it before
  }
}
