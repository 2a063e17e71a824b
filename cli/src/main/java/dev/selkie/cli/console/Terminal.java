package dev.selkie.cli.console;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the terminal that the standard output is.
 *
 * @param live whether lines can be redrawn in place
 * @param columns its width
 * @param rows its height
 * @param colour whether colours are wanted, see no-color.org
 * @param unicode whether it shows more than ASCII
 */
public record Terminal(boolean live, int columns, int rows, boolean colour, boolean unicode) {
  private static final int COLUMNS = 80;
  private static final int ROWS = 24;

  /** No terminal: a pipe or a file. */
  public static final Terminal NONE = new Terminal(false, COLUMNS, ROWS, false, false);

  /** The terminal of this process, by what the environment and stty(1) say. */
  @SuppressWarnings(
      "SystemConsoleNull") // the built-in console, JDK 25's default, is null in a pipe
  public static Terminal detect() {
    boolean unicode = "UTF-8".equalsIgnoreCase(System.getProperty("stdout.encoding", "US-ASCII"));
    Console console = System.console();
    if (console == null || !console.isTerminal() || "dumb".equals(System.getenv("TERM"))) {
      return new Terminal(false, COLUMNS, ROWS, false, unicode);
    }
    String noColour = System.getenv("NO_COLOR");
    int columns = number(System.getenv("COLUMNS"));
    int rows = number(System.getenv("LINES"));
    if (columns == 0 || rows == 0) {
      String[] size = size().split(" ", -1);
      if (size.length == 2) {
        rows = rows == 0 ? number(size[0]) : rows;
        columns = columns == 0 ? number(size[1]) : columns;
      }
    }
    return new Terminal(
        true,
        columns == 0 ? COLUMNS : columns,
        rows == 0 ? ROWS : rows,
        noColour == null || noColour.isEmpty(),
        unicode);
  }

  private static int number(@Nullable String text) {
    return text != null && text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
  }

  /** Rows and columns as stty(1) prints them, or an empty text. */
  private static String size() {
    try {
      Process process =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(1, TimeUnit.SECONDS)) {
        process.destroy();
        return "";
      }
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      return ""; // no stty, or no terminal to ask: the defaults do
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
