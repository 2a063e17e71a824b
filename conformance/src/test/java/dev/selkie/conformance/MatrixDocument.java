package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Compares the table of cases in the documents with what the tests of this build have found; it
 * runs after them, in an execution of its own. With {@code -Ddev.selkie.matrix=write} it writes the
 * table.
 */
final class MatrixDocument {
  @Test
  void theDocumentSaysWhatTheTestsHaveFound() throws IOException {
    Matrix matrix = Matrix.read(Path.of(System.getProperty(CaseResults.FOLDER)));
    assertThat(matrix.failures()).as("cases that failed").isEmpty();
    Path file = Path.of(System.getProperty("dev.selkie.conformance.document"));
    String document = Files.readString(file);
    String expected = matrix.in(document);
    if ("write".equals(System.getProperty("dev.selkie.matrix"))) {
      Files.writeString(file, expected);
    } else if (!document.equals(expected)) {
      // The two texts are long: what differs is told by the version control once it is written.
      throw new AssertionError(
          "the matrix in " + file + " is old: ./mvnw -Ddev.selkie.matrix=write verify writes it");
    }
  }
}
