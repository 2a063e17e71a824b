package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.selkie.kernel.Kernel;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals to whole processes: those that end one, and what the way a JVM is started does. */
final class SignalProcessTest {
  private static final String NEXT = "URG";

  /** Ends by the action that the process had before; of HUP, INT and TERM that is the JVM's. */
  @ParameterizedTest
  @ValueSource(strings = {"HUP", "INT", "TERM", "USR1"})
  void asLongAsOneTakesItASignalDoesNotEndTheProcessAndThenItDoes(String name) throws Exception {
    Process child = start(name);
    try (BufferedReader output = child.inputReader()) {
      String ready = line(output);
      assumeThat(ready).as("as under nohup").doesNotContain("was ignored when the JVM was started");
      assertThat(ready).isEqualTo("ready");
      Kill.send(child.pid(), name, 1);
      assertThat(List.of(line(output), line(output)))
          .containsExactlyInAnyOrder("first " + name + " 1", "second " + name + " 1");
      Kill.send(child.pid(), NEXT, 1);
      assertThat(line(output)).isEqualTo("closed");
      Kill.send(child.pid(), name, 1);
      assertThat(line(output)).isEqualTo("second " + name + " 1");
      Kill.send(child.pid(), NEXT, 1);
      assertThat(line(output)).isEqualTo("closed");
      Kill.send(child.pid(), name, 1);
      assertThat(line(output)).isEqualTo(name.equals("USR1") ? null : "hook");
      assertThat(child.waitFor(Ready.DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(child.exitValue()).isEqualTo(128 + Kernel.system().signals().number(name));
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  private static Process start(String... names) throws IOException {
    List<String> command = ChildJvm.command(":", List.of(), SignalChild.class.getName(), names);
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String line(BufferedReader output) throws Exception {
    return Background.start(output::readLine).result();
  }

  @Test
  void aJvmThatLeavesSignalsToOthersSaysSo() throws Exception {
    String reason =
        " cannot be taken: the JVM refuses: it was started with -Xrs,"
            + " which leaves HUP, INT and TERM to others";
    assertThat(tried(":", List.of("-Xrs"), "HUP", "INT", "TERM", "USR1"))
        .containsExactly(
            "IllegalArgumentException: the signal HUP" + reason,
            "IllegalArgumentException: the signal INT" + reason,
            "IllegalArgumentException: the signal TERM" + reason,
            "taken: [USR1]");
  }

  @Test
  void aSignalThatIsIgnoredFromTheStartIsRefusedIfTheJvmKeepsItSo() throws Exception {
    assertThat(tried("trap '' HUP USR1", List.of(), "HUP", "USR1"))
        .containsExactly(
            "IllegalArgumentException: the signal HUP cannot be taken: it was ignored when the JVM"
                + " was started, as nohup(1) does, and the JVM leaves it so",
            "taken: [USR1]");
  }

  @Test
  void withoutTheModuleThatGivesSignalsItIsNamed() throws Exception {
    assertThat(tried(":", List.of("--limit-modules", "java.base"), "HUP"))
        .containsExactly(
            "IllegalStateException: the signal HUP cannot be taken: the module jdk.unsupported is"
                + " not there, by which the JDK gives signals; start the JVM with"
                + " --add-modules jdk.unsupported");
  }

  private static List<String> tried(String before, List<String> options, String... names)
      throws Exception {
    String[] arguments = new String[names.length + 1];
    arguments[0] = "try";
    System.arraycopy(names, 0, arguments, 1, names.length);
    return ChildJvm.run(before, options, SignalChild.class, arguments).lines().toList();
  }

  @Test
  void aHandlerThatSomebodyElseHasSetMeanwhileIsLeft() throws Exception {
    assertThat(ChildJvm.run(":", List.of(), SignalChild.class, "foreign").lines())
        .containsExactly("[URG] of " + Kernel.system().name(), "foreign handle");
  }
}
