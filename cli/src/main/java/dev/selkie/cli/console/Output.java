package dev.selkie.cli.console;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * Where a command prints.
 *
 * @param out the standard output
 * @param charset how text is encoded there
 * @param err the standard error
 * @param terminal what is known of the terminal that {@code out} is
 */
public record Output(OutputStream out, Charset charset, PrintStream err, Terminal terminal) {

  /** The process's own streams. */
  public static Output system() {
    return new Output(new StandardOutput(), System.out.charset(), System.err, Terminal.detect());
  }

  /** Prints a line at once. */
  public void line(String line) {
    print(line + System.lineSeparator());
  }

  /** Prints a line of JSON at once, which is UTF-8 whatever the charset (RFC 8259). */
  public void json(String line) {
    print(line + "\n", StandardCharsets.UTF_8);
  }

  /**
   * Prints a text at once.
   *
   * @throws UnwritableOutputException if it cannot be written
   */
  public void print(String text) {
    print(text, charset);
  }

  private synchronized void print(String text, Charset encoding) {
    try {
      out.write(text.getBytes(encoding));
      out.flush();
    } catch (IOException e) {
      throw new UnwritableOutputException(e);
    }
  }

  /** Prints a line of diagnosis. */
  public void warn(String line) {
    err.println("selkie: " + line);
    err.flush();
  }

  /**
   * A text from elsewhere as it may be shown: control characters could drive the terminal, other
   * than a tab.
   */
  public static String printable(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          if ((Character.isISOControl(c) && c != '\t')
              || Character.getType(c) == Character.FORMAT) {
            shown.append("\\u%04x".formatted(c));
          } else {
            shown.appendCodePoint(c);
          }
        });
    return shown.toString();
  }
}
