package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.cli.console.ClosedOutputException;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OutputTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** A standard output whose every write fails. */
  private Output failing(IOException failure) {
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw failure;
          }
        };
    return new Output(
        out,
        StandardCharsets.UTF_8,
        new PrintStream(err, true, StandardCharsets.UTF_8),
        Terminal.NONE);
  }

  private List<String> errLines() {
    return err.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "--version", "demo --help", "demo --delay 1", "doctor"})
  void closedPipeEndsWithoutAWord(String args) {
    Output output = failing(new ClosedOutputException());
    assertThat(Main.execute(output, args.split(" ", -1))).isEqualTo(141);
    assertThat(errLines()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "--version",
        "serve --help",
        "demo --delay 1",
        "doctor",
        "doctor --json",
        "serve echo",
        "serve delay"
      })
  void fullDiskIsOneLineAndAStatus(String args) {
    Output output = failing(new IOException("No space left on device"));
    assertThat(Main.execute(output, args.split(" ", -1))).isEqualTo(1);
    assertThat(errLines())
        .containsExactly(
            "selkie: cannot write to the standard output: No space left on device; check where it"
                + " goes, or send it elsewhere");
  }
}
