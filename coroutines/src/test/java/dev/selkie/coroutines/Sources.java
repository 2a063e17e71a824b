package dev.selkie.coroutines;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The sources of the tests. */
final class Sources {
  private Sources() {}

  /** The text of a class of this package. */
  static String ofTest(String name) {
    try {
      return Files.readString(Path.of("src/test/java/dev/selkie/coroutines", name + ".java"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
