package dev.selkie.cli;

import dev.selkie.cli.console.Output;
import java.util.List;

/** Lines that are redrawn in place, at the bottom of what a terminal shows. */
final class Screen {
  private static final String CLEAR_TO_END_OF_LINE = "\u001b[K";

  private final Output output;
  private int drawn;

  Screen(Output output) {
    this.output = output;
  }

  /** Replaces what was drawn before. */
  void draw(List<String> lines) {
    StringBuilder frame = new StringBuilder();
    if (drawn > 0) {
      frame.append("\u001b[").append(drawn).append("A\r");
    }
    for (String line : lines) {
      frame.append(line).append(CLEAR_TO_END_OF_LINE).append('\n');
    }
    output.print(frame.toString());
    drawn = lines.size();
  }
}
