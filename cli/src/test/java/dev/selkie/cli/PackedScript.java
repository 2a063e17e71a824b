package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The script {@code selkie} as a user has it, with the packed jars, in a folder of a test: it finds
 * everything built there.
 */
final class PackedScript implements AutoCloseable {
  static final Path JARS = Path.of("target", "lib").toAbsolutePath();
  static final Path PROJECT = Path.of("").toAbsolutePath().getParent();
  static final String JVM_OPTIONS = "SELKIE_JAVA_OPTS";

  private final Path folder;
  private final Path script;
  private final Path lib;

  PackedScript(Path folder) throws IOException {
    this.folder = folder;
    assertThat(JARS).as("run mvn package first").isDirectoryContaining("glob:**/selkie-cli-*.jar");
    Path target = Files.createDirectories(folder.resolve("cli/target"));
    lib = Files.createSymbolicLink(target.resolve("lib"), JARS);
    Files.createFile(target.resolve("built"));
    Path build = Files.createDirectory(folder.resolve("build"));
    Files.copy(PROJECT.resolve("build/jdk.sh"), build.resolve("jdk.sh"));
    script = Files.copy(PROJECT.resolve("selkie"), folder.resolve("selkie"));
  }

  /** Where the script lies. */
  Path path() {
    return script;
  }

  /** The script with arguments, with the JDK of the tests. */
  ProcessBuilder command(String... args) {
    List<String> words = new ArrayList<>(List.of(script.toString()));
    words.addAll(List.of(args));
    return prepared(words);
  }

  /** A command with the script's environment. */
  ProcessBuilder prepared(List<String> words) {
    ProcessBuilder builder = new ProcessBuilder(words);
    Map<String, String> environment = builder.environment();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("HOME", folder.toString());
    environment.put(JVM_OPTIONS, "-XX:TieredStopAtLevel=1");
    return builder;
  }

  /** Takes the link away, lest the jars be deleted with the folder. */
  @Override
  public void close() throws IOException {
    Files.delete(lib);
  }
}
