package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs cases of the contract in a JVM of its own, on whatever the profile makes of this machine:
 * one profile is all that a process has.
 */
final class ContractChild {
  private final Configuration configuration;
  private String except = "";
  private int cases;

  private ContractChild(Configuration configuration) {
    this.configuration = configuration;
  }

  /**
   * Runs the cases of the classes named, on the backend that the queue chooses by itself.
   *
   * @param classes {@code Class}, or {@code Class-case} for all cases but one
   */
  public static void main(String[] classes) throws Exception {
    String backend = chosenBackend();
    System.out.println(Kernel.system().name() + " waits by " + backend);
    ContractChild child =
        new ContractChild(
            Configuration.machine("child", backend)
                .without(Ability.EXCLUSIVE, "not asked for here")
                .without(Ability.PRIORITY, "not asked for here"));
    for (String name : classes) {
      child.except = name.contains("-") ? name.substring(name.indexOf('-') + 1) : "";
      child.run(Class.forName("dev.selkie.conformance." + name.replaceAll("-.*", "")));
    }
    System.out.println(child.cases + " cases passed");
  }

  private static String chosenBackend() throws IOException {
    try (EventQueue<String> queue = EventQueue.open()) {
      return queue.backend();
    }
  }

  private void run(Class<?> type) throws Exception {
    for (Method method : type.getDeclaredMethods()) {
      if (method.getName().equals(except)
          || !isOffered(type.getAnnotation(Needs.class))
          || !isOffered(method.getAnnotation(Needs.class))) {
        continue;
      }
      if (method.isAnnotationPresent(Test.class)) {
        run(type, method);
      } else if (method.isAnnotationPresent(ParameterizedTest.class)) {
        EnumSource source = method.getAnnotation(EnumSource.class);
        if (source != null
            && Arrays.equals(method.getParameterTypes(), new Class<?>[] {PairKind.class})) {
          for (PairKind kind : kinds(source)) {
            run(type, method, kind);
          }
        }
      }
    }
  }

  private boolean isOffered(Needs needs) {
    return needs == null || Arrays.stream(needs.value()).allMatch(configuration::has);
  }

  private static List<PairKind> kinds(EnumSource source) {
    return Arrays.stream(PairKind.values())
        .filter(kind -> source.names().length == 0 || List.of(source.names()).contains(kind.name()))
        .toList();
  }

  private void run(Class<?> type, Method method, Object... arguments) throws Exception {
    Constructor<?> constructor = type.getDeclaredConstructor(Configuration.class);
    constructor.setAccessible(true);
    Object test = constructor.newInstance(configuration);
    invokeAll(test, BeforeEach.class);
    try {
      method.setAccessible(true);
      method.invoke(test, arguments);
      cases++;
    } catch (InvocationTargetException e) {
      throw new AssertionError(type.getSimpleName() + "." + method.getName(), e.getCause());
    } finally {
      invokeAll(test, AfterEach.class);
    }
  }

  /** Those of a class above come first. */
  private static void invokeAll(Object test, Class<? extends Annotation> annotation)
      throws Exception {
    List<Class<?>> types = new ArrayList<>();
    for (Class<?> type = test.getClass(); type != null; type = type.getSuperclass()) {
      types.addFirst(type);
    }
    for (Class<?> type : types) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.isAnnotationPresent(annotation)) {
          method.setAccessible(true);
          method.invoke(test);
        }
      }
    }
  }
}
