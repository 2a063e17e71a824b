package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The programs in C, compiled when a comparison starts. */
final class Programs {
  private static final List<String> HEADERS = List.of("twin.h", "histogram.h");
  private static final List<String> FLAGS = List.of("-O2", "-std=gnu11", "-pthread");
  private static final int DEADLINE_SECONDS = 60;

  /** Each program, and the library that it needs, as pkg-config knows it. */
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "echo_server",
          "",
          "echo_load",
          "",
          "pipes",
          "",
          "wake",
          "",
          "pin",
          "",
          "udp_receiver",
          "",
          "uv",
          "libuv");

  private final Path folder;
  private final String compiler;

  /** The programs that are not there, and why. */
  private final Map<String, String> missing = new HashMap<>();

  private Programs(Path folder, String compiler) {
    this.folder = folder;
    this.compiler = compiler;
  }

  /** Compiles all programs into a folder; what cannot be compiled here is missing. */
  static Programs compile(Path folder) throws IOException {
    if (Launcher.onPath("cc").isEmpty()) {
      Programs none = new Programs(folder, "none");
      for (String name : LIBRARIES.keySet()) {
        none.missing.put(name, "there is no C compiler (cc) on PATH");
      }
      return none;
    }
    Files.createDirectories(folder);
    for (String header : HEADERS) {
      copy(header, folder);
    }
    Programs programs =
        new Programs(folder, "cc " + String.join(" ", FLAGS) + ", " + version(folder));
    for (Map.Entry<String, String> program : LIBRARIES.entrySet()) {
      programs.compile(program.getKey(), program.getValue());
    }
    return programs;
  }

  private void compile(String name, String library) throws IOException {
    List<String> command = new ArrayList<>(List.of("cc"));
    command.addAll(FLAGS);
    command.addAll(List.of("-o", name, name + ".c"));
    if (!library.isEmpty()) {
      String flags = flagsOf(library);
      if (flags == null) {
        missing.put(name, library + " is not installed, or pkg-config does not find it");
        return;
      }
      command.addAll(List.of(flags.split(" +")));
    }
    copy(name + ".c", folder);
    String problem = run(command, folder);
    if (problem != null) {
      missing.put(name, "cc failed on " + name + ".c: " + problem);
    }
  }

  /** What the compiler is to be told about a library, or null. */
  private @Nullable String flagsOf(String library) throws IOException {
    if (Launcher.onPath("pkg-config").isEmpty()) {
      return null;
    }
    Path log = folder.resolve("cc.log");
    String problem = run(List.of("pkg-config", "--cflags", "--libs", library), folder);
    return problem == null ? Files.readString(log).strip() : null;
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

  /** A compiled program, or null if it is missing. */
  @Nullable Path find(String name) {
    return missing.containsKey(name) ? null : folder.resolve(name);
  }

  /** Why a program is missing, or null if it is not. */
  @Nullable String missing(String name) {
    return missing.get(name);
  }

  /** The compiler, its flags and its version. */
  String compiler() {
    return compiler;
  }
}
