package dev.selkie.cli;

import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Arguments of a test: by what queues wait, and each style that a program is written in. */
final class Styles {
  private Styles() {}

  static Stream<Arguments> onEachQueue() {
    return Stream.of(Queues.values())
        .flatMap(queues -> Stream.of(Style.values()).map(style -> Arguments.of(queues, style)));
  }
}
