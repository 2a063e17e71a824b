package dev.selkie.coroutines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.runtime.task.Task;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be a coroutine is refused by the build, by file and line. */
final class RefusalTest {
  @TempDir Path folder;

  private List<String> weave(String members) throws IOException {
    Compiled.into(
        folder,
        "Program",
        """
        import static dev.selkie.coroutines.Coroutine.await;
        import dev.selkie.coroutines.Coroutine;
        import dev.selkie.runtime.task.Task;
        class Program {
        """
            + members
            + "}");
    return new Weaver(getClass().getClassLoader()).weave(folder);
  }

  @Test
  void aMethodThatDoesNotReturnATask() throws Exception {
    assertThat(
            weave(
                """
                static int both(Task<Integer> a) {
                  return 1 +
                      await(a);
                }
                """))
        .containsExactly(
            "Program.java:7: both: await in a method or lambda that does not return Task: have it"
                + " return one");
  }

  @Test
  void aConstructorAndAnInitializer() throws Exception {
    assertThat(
            weave(
                """
                final int a;
                static int b = await(Task.of(1));
                Program(Task<Integer> task) {
                  a = await(task);
                }
                """))
        .hasSize(2)
        .anyMatch(problem -> problem.startsWith("Program.java:6: <clinit>: "))
        .anyMatch(problem -> problem.startsWith("Program.java:8: <init>: "));
  }

  @Test
  void aLambdaThatDoesNotReturnATask() throws Exception {
    assertThat(
            weave(
                """
                static Task<Integer> each(java.util.List<Task<Integer>> tasks) {
                  tasks.forEach(task -> await(task));
                  return Task.of(1);
                }
                """))
        .singleElement()
        .asString()
        .startsWith("Program.java:6: lambda$each$0: await in a method or lambda that does not");
  }

  @Test
  void aReferenceToAwait() throws Exception {
    assertThat(
            weave(
                """
                interface Step {
                  Object on(Task<Integer> task) throws Exception;
                }
                static Step step() {
                  return Coroutine::await;
                }
                """))
        .containsExactly(
            "Program.java:9: step: a reference to await cannot be woven: write a lambda that"
                + " returns a Task");
  }

  @Test
  void aMonitorHeldWhileWaiting() throws Exception {
    assertThat(
            weave(
                """
                synchronized Task<Integer> method(Task<Integer> a) {
                  return Task.of(await(a));
                }
                Task<Integer> block(Task<Integer> a) {
                  synchronized (this) {
                    if (await(a) > 1) {
                      return Task.of(1);
                    }
                  }
                  synchronized (a) {
                    return Task.of(2);
                  }
                }
                Task<Integer> nested(Task<Integer> a) {
                  synchronized (this) {
                    try {
                      synchronized (a) {
                        await(Task.of(1));
                      }
                    } finally {
                      a.cancel();
                    }
                  }
                  return a;
                }
                """))
        .containsExactly(
            "Program.java:6: method: await in a synchronized method: a monitor cannot be held while"
                + " waiting",
            "Program.java:10: block: await in a synchronized block: a monitor cannot be held while"
                + " waiting",
            "Program.java:22: nested: await in a synchronized block: a monitor cannot be held while"
                + " waiting");
  }

  @Test
  void aClassThatIsNotOnTheClassPath() throws Exception {
    Compiled.into(
        folder,
        "Program",
        """
        import dev.selkie.coroutines.Coroutine;
        import dev.selkie.runtime.task.Task;
        class Program {
          static Task<Object> either(boolean lost, Task<Integer> task) {
            Object made = lost ? new Lost() : new Object[Coroutine.await(task)];
            return Task.of(made);
          }
        }
        class Lost {}
        """);
    Files.delete(folder.resolve("Lost.class"));
    assertThat(new Weaver(getClass().getClassLoader()).weave(folder))
        .singleElement()
        .asString()
        .startsWith("Program: ")
        .contains("Lost");
  }

  @Test
  void oneRefusalLeavesAllFilesAsTheyWere() throws Exception {
    Compiled.into(
        folder,
        "Good",
        """
        import dev.selkie.coroutines.Coroutine;
        import dev.selkie.runtime.task.Task;
        class Good {
          static Task<Integer> same(Task<Integer> a) {
            return Task.of(Coroutine.await(a));
          }
        }
        """);
    byte[] before = Files.readAllBytes(folder.resolve("Good.class"));
    assertThat(weave("static int value(Task<Integer> a) { return await(a); }")).hasSize(1);
    assertThat(Files.readAllBytes(folder.resolve("Good.class"))).isEqualTo(before);
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("Good.class", "Program.class");
    }
  }

  @Test
  void whatWasWovenIsLeftAsItIs() throws Exception {
    assertThat(weave("static Task<Integer> a(Task<Integer> a) { return Task.of(await(a)); }"))
        .isEmpty();
    byte[] once = Files.readAllBytes(folder.resolve("Program.class"));
    assertThat(new Weaver(getClass().getClassLoader()).weave(folder)).isEmpty();
    assertThat(Files.readAllBytes(folder.resolve("Program.class"))).isEqualTo(once);
  }

  @Test
  void withoutTheStepAwaitSaysSo() {
    assertThatThrownBy(
            () -> Coroutine.class.getMethod("await", Task.class).invoke(null, Task.of(1)))
        .cause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "await in a class that was not woven: run dev.selkie.coroutines.Weaver on the folder of"
                + " its class file, after the compiler");
  }

  @Test
  void theCommandTellsByItsExitStatus() throws Exception {
    assertThat(run())
        .isEqualTo("2 usage: java -cp CLASS_PATH dev.selkie.coroutines.Weaver FOLDER...");
    assertThat(run(folder.resolve("none").toString())).startsWith("2 java.nio.file.NoSuchFile");
    assertThat(run(folder.toString())).isEqualTo("0 ");
    weave("static int value(Task<Integer> a) { return await(a); }");
    assertThat(run(folder.toString())).startsWith("1 Program.java:5: value: await in a method");
  }

  private static String run(String... folders) {
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    int status = Weaver.run(new PrintStream(told, true, StandardCharsets.UTF_8), folders);
    return status + " " + told.toString(StandardCharsets.UTF_8).strip();
  }
}
