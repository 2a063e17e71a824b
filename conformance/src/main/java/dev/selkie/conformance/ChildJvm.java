package dev.selkie.conformance;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of a test in a JVM of its own, with limits or properties of its own. */
public final class ChildJvm {
  private static final long DEADLINE_SECONDS = 15;

  private ChildJvm() {}

  /**
   * Runs a program and returns what it wrote, errors included.
   *
   * @param limits a shell command before it, such as {@code ulimit -n 64}, or {@code :}
   * @param options options of the JVM
   * @throws AssertionError if it fails or does not end
   */
  public static String run(
      String limits, List<String> options, Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    return run(limits, options, program.getName(), arguments);
  }

  /**
   * Runs a program in one source file and returns what it wrote, errors included.
   *
   * @throws AssertionError if it fails or does not end
   */
  public static String run(String limits, List<String> options, Path program, String... arguments)
      throws IOException, InterruptedException {
    return run(limits, options, program.toString(), arguments);
  }

  private static String run(
      String limits, List<String> options, String program, String... arguments)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("selkie-child", ".txt");
    try {
      Process child =
          new ProcessBuilder(command(limits, options, program, arguments))
              // Files alone: the JDK closes its ends of pipes some time after the child's end, and
              // makes one for errors also where they go with the output.
              .redirectInput(Redirect.from(new File("/dev/null")))
              .redirectOutput(Redirect.appendTo(output.toFile()))
              .redirectError(Redirect.appendTo(output.toFile()))
              .start();
      boolean ended = child.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        child.destroyForcibly().waitFor();
      }
      String text = Files.readString(output, StandardCharsets.UTF_8);
      if (!ended || child.exitValue() != 0) {
        throw new AssertionError(
            program + (ended ? " failed with " + child.exitValue() : " hangs") + ": " + text);
      }
      return text;
    } finally {
      Files.delete(output);
    }
  }

  /** The command that runs a program, a class or a source file, for a test that talks with it. */
  public static List<String> command(
      String limits, List<String> options, String program, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("/bin/sh", "-c", limits + "; exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-XX:-MaxFDLimit",
            "-cp",
            System.getProperty("java.class.path")));
    command.addAll(options);
    command.add(program);
    command.addAll(List.of(arguments));
    return command;
  }
}
