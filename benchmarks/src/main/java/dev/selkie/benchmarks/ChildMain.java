package dev.selkie.benchmarks;

import java.io.IOException;

/** The line protocol of a child process: see {@link Child} for the parent's side. */
final class ChildMain {
  private ChildMain() {}

  /** Answers the parent with one line. */
  static void answer(String format, Object... arguments) {
    System.out.printf(format + "%n", arguments);
    System.out.flush();
  }

  /** The next command as words; the process ends when there are no more. */
  static String[] nextCommand() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int c = System.in.read();
      if (c < 0) {
        Runtime.getRuntime().halt(0);
      }
      if (c == '\n') {
        return line.toString().split(" ");
      }
      line.append((char) c);
    }
  }

  /** Reports what went wrong as the answer and ends the process. */
  static void fail(Throwable problem) {
    problem.printStackTrace();
    answer("error %s", problem.toString().replace('\n', ' '));
    Runtime.getRuntime().halt(1);
  }
}
