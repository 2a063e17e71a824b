package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

final class HelpTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        Main.class,
        DemoCommand.class,
        ServeCommand.class,
        WatchCommand.class,
        DoctorCommand.class,
        TopCommand.class,
        DumpCommand.class
      })
  void noLineIsWrappedOnATerminalOfEightyColumns(Class<?> command) {
    Command help = command.getAnnotation(Command.class);
    assertThat(Stream.of(help.description(), help.footer()).flatMap(Stream::of))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
  }
}
