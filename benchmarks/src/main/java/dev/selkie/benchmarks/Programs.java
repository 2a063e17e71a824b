package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The programs in C, compiled when a comparison starts. */
final class Programs {
  private static final List<String> HEADERS = List.of("twin.h", "histogram.h");
  private static final List<String> NAMES =
      List.of("echo_server", "echo_load", "pipes", "wake", "pin");
  private static final List<String> FLAGS = List.of("-O2", "-std=gnu11", "-pthread");
  private static final int DEADLINE_SECONDS = 60;

  private final Path folder;
  private final @Nullable String missing;
  private final String compiler;

  private Programs(Path folder, @Nullable String missing, String compiler) {
    this.folder = folder;
    this.missing = missing;
    this.compiler = compiler;
  }

  /** Compiles all programs into a folder; without a compiler they are missing. */
  static Programs compile(Path folder) throws IOException {
    if (Launcher.onPath("cc").isEmpty()) {
      return new Programs(folder, "there is no C compiler (cc) on PATH", "none");
    }
    Files.createDirectories(folder);
    for (String header : HEADERS) {
      copy(header, folder);
    }
    for (String name : NAMES) {
      copy(name + ".c", folder);
      List<String> command = new ArrayList<>(List.of("cc"));
      command.addAll(FLAGS);
      command.addAll(List.of("-o", name, name + ".c"));
      String problem = run(command, folder);
      if (problem != null) {
        return new Programs(folder, "cc failed on " + name + ".c: " + problem, "cc");
      }
    }
    return new Programs(folder, null, "cc " + String.join(" ", FLAGS) + ", " + version(folder));
  }

  private static void copy(String name, Path folder) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(Programs.class.getResourceAsStream("c/" + name), name)) {
      Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static String version(Path folder) throws IOException {
    Process process = new ProcessBuilder("cc", "--version").directory(folder.toFile()).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return text.lines().findFirst().orElse("unknown version");
  }

  /** Null, or what the command said when it failed. */
  private static @Nullable String run(List<String> command, Path folder) throws IOException {
    Path log = folder.resolve("cc.log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return "not done in " + DEADLINE_SECONDS + " s";
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return "interrupted";
    }
    return process.exitValue() == 0 ? null : Files.readString(log).strip();
  }

  /** A compiled program, or null if there are none. */
  @Nullable Path find(String name) {
    return missing == null ? folder.resolve(name) : null;
  }

  /** Why there are none, or null if there are. */
  @Nullable String missing() {
    return missing;
  }

  /** The compiler, its flags and its version. */
  String compiler() {
    return compiler;
  }
}
