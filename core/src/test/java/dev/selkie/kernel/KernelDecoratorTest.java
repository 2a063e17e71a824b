package dev.selkie.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class KernelDecoratorTest {
  private static final Kernel EMPTY = new Kernel() {};

  private static final Set<String> NO_CALLS =
      Set.of(
          "longestPath",
          "newBatch",
          "release",
          "newChanges",
          "newSet",
          "has",
          "hasPeerClosed",
          "hasNanoseconds",
          "number",
          "refusal",
          "environment",
          "self");

  private final CountingKernel counting = new CountingKernel(EMPTY);
  private final FaultyKernel faulty = new FaultyKernel(counting);

  private Map<Class<?>, Object> parts() {
    return Map.ofEntries(
        Map.entry(Files.class, counting.files()),
        Map.entry(Sockets.class, counting.sockets()),
        Map.entry(Epoll.class, counting.epoll()),
        Map.entry(Kqueue.class, counting.kqueue()),
        Map.entry(Poll.class, counting.poll()),
        Map.entry(Clock.class, counting.clock()),
        Map.entry(Names.class, counting.names()),
        Map.entry(Timers.class, counting.timers()),
        Map.entry(Signals.class, counting.signals()),
        Map.entry(Processes.class, counting.processes()),
        Map.entry(Terminals.class, counting.terminals()),
        Map.entry(FileChanges.class, counting.fileChanges()));
  }

  private static List<Method> methods(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .toList();
  }

  @Test
  void everyPartOfTheKernelIsKnownHere() {
    List<Class<?>> parts =
        methods(Kernel.class).stream()
            .<Class<?>>map(Method::getReturnType)
            .filter(type -> type.isInterface() && type.getPackage() == Kernel.class.getPackage())
            .toList();
    assertThat(parts()).containsOnlyKeys(parts);
  }

  @Test
  void everyMethodIsForwarded() throws Exception {
    for (Method method : methods(Kernel.class)) {
      assertThat(ForwardingKernel.class.getMethod(method.getName(), method.getParameterTypes()))
          .extracting(Method::getDeclaringClass)
          .as("%s", method)
          .isEqualTo(ForwardingKernel.class);
    }
    for (Map.Entry<Class<?>, Object> part : parts().entrySet()) {
      Class<?> forwarding = part.getValue().getClass();
      for (Method method : methods(part.getKey())) {
        assertThat(
                Stream.of(forwarding.getMethods())
                    .filter(own -> isForwarding(own.getDeclaringClass()))
                    .filter(own -> !own.isBridge())
                    .filter(own -> own.getName().equals(method.getName()))
                    .filter(
                        own -> Arrays.equals(own.getParameterTypes(), method.getParameterTypes())))
            .as("%s in %s", method, forwarding)
            .hasSize(1);
      }
    }
  }

  private static boolean isForwarding(Class<?> type) {
    return !type.isInterface() && type.getSimpleName().startsWith("Forwarding");
  }

  @Test
  void everySystemCallPassesTheHookOnce() throws Exception {
    for (Map.Entry<Class<?>, Object> part : parts().entrySet()) {
      for (Method method : methods(part.getKey())) {
        if (NO_CALLS.contains(method.getName())) {
          continue; // memory, or known at start
        }
        boolean reading = part.getKey() == Clock.class && !method.getName().equals("sleep");
        long before = counting.total();
        method.setAccessible(true);
        Object result = method.invoke(part.getValue(), defaults(method.getParameterTypes()));
        assertThat(((Number) result).intValue()).as("%s", method).isEqualTo(Result.ENOSYS);
        assertThat(counting.total() - before).as("%s", method).isEqualTo(reading ? 0 : 1);
      }
    }
  }

  private static Object[] defaults(Class<?>[] types) {
    return Arrays.stream(types)
        .map(type -> type.isPrimitive() ? Array.get(Array.newInstance(type, 1), 0) : null)
        .toArray();
  }

  @Test
  void countsAreByCallAndBeginAgain() {
    counting.files().close(1);
    counting.files().close(2);
    counting.sockets().accept(3, null);
    assertThat(counting.count(SystemCall.CLOSE)).isEqualTo(2);
    assertThat(counting.total()).isEqualTo(3);
    assertThat(counting).hasToString("CLOSE 2, ACCEPT 1");
    counting.reset();
    assertThat(counting).hasToString("no calls");
  }

  @Test
  void aRuleFailsTheCallsThatItNames() {
    FaultyKernel.Rule rule =
        faulty
            .on(SystemCall.CLOSE)
            .where(number -> number == 7)
            .fromCall(2)
            .times(2)
            .fail(Errno.EIO);
    int[] results = new int[5];
    for (int i = 0; i < results.length; i++) {
      assertThat(faulty.files().close(8)).isEqualTo(Result.ENOSYS);
      results[i] = faulty.files().close(7);
    }
    int eio = -Errno.EIO.number();
    assertThat(results).containsExactly(Result.ENOSYS, eio, eio, Result.ENOSYS, Result.ENOSYS);
    assertThat(rule.applied()).isEqualTo(2);
    assertThat(counting.count(SystemCall.CLOSE)).as("calls made").isEqualTo(8);
    faulty.clear();
    assertThat(faulty.files().close(7)).isEqualTo(Result.ENOSYS);
  }

  @Test
  void aCallCanBeMadeAndReportedToHaveFailed() {
    faulty.on(SystemCall.CLOSE).times(1).failAfter(Errno.EIO);
    assertThat(faulty.files().close(7)).isEqualTo(-Errno.EIO.number());
    assertThat(counting.count(SystemCall.CLOSE)).as("calls made").isOne();
    assertThat(faulty.files().close(7)).isEqualTo(Result.ENOSYS);
  }

  @Test
  void theFirstRuleThatAppliesDecides() {
    faulty.on(SystemCall.ACCEPT).times(1).fail(Errno.EMFILE);
    faulty.on(SystemCall.ACCEPT).fail(Errno.ENFILE);
    assertThat(faulty.sockets().accept(1, null)).isEqualTo(Result.EMFILE);
    assertThat(faulty.sockets().accept(1, null)).isEqualTo(-Errno.ENFILE.number());
  }

  @Test
  void lengthsAreShortened() {
    long[] asked = new long[1];
    Kernel moving =
        new ForwardingKernel(EMPTY) {
          @Override
          protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
            asked[0] = length;
            return length;
          }
        };
    FaultyKernel shortening = new FaultyKernel(moving);
    shortening.on(SystemCall.SEND).times(1).shorten(7);
    assertThat(shortening.sockets().write(1, 0L, 100)).isEqualTo(7);
    assertThat(asked[0]).isEqualTo(7);
    assertThat(shortening.sockets().write(1, 0L, 100)).isEqualTo(100);
    assertThatThrownBy(() -> shortening.on(SystemCall.SEND).shorten(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anExceptionNamesCallSubjectAndError() {
    SystemCallException e =
        new SystemCallException("connect", "127.0.0.1:80", -Errno.ECONNREFUSED.number(), EMPTY);
    assertThat(e).hasMessage("connect(127.0.0.1:80): ECONNREFUSED (connection refused)");
    assertThat(e.call()).isEqualTo("connect");
    assertThat(e.subject()).isEqualTo("127.0.0.1:80");
    assertThat(e.errno()).isEqualTo(Errno.ECONNREFUSED);
    assertThat(e.number()).isEqualTo(Errno.ECONNREFUSED.number());
    SystemCallException unknown =
        new SystemCallException("read", "fd 7", -(Errno.UNKNOWN_BASE + 96), EMPTY);
    assertThat(unknown).hasMessage("read(fd 7): error 96 of this system");
    assertThat(unknown.errno()).isEqualTo(Errno.UNKNOWN);
    assertThat(unknown.number()).isEqualTo(96);
  }

  @Test
  void theCurrentKernelIsTheBoundOne() {
    assertThat(Kernel.current()).isSameAs(Kernel.system());
    Kernel.where(EMPTY).run(() -> assertThat(Kernel.current()).isSameAs(EMPTY));
    assertThat(Kernel.current()).isSameAs(Kernel.system());
  }
}
