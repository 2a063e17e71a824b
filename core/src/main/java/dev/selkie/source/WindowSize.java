package dev.selkie.source;

/**
 * How many characters a terminal's window shows; both are 0 where nobody has said.
 *
 * @param rows its height, at most 65535
 * @param columns its width, at most 65535
 */
public record WindowSize(int rows, int columns) {
  private static final int MOST = 0xffff;

  /**
   * A size.
   *
   * @throws IllegalArgumentException if one of the two is negative or more than 65535
   */
  public WindowSize {
    if (rows < 0 || rows > MOST || columns < 0 || columns > MOST) {
      throw new IllegalArgumentException(
          "a window of %d rows and %d columns: each is 0 to %d".formatted(rows, columns, MOST));
    }
  }

  /** Of what {@link dev.selkie.kernel.Terminals#windowSize} answers. */
  static WindowSize of(long packed) {
    return new WindowSize((int) (packed >>> Short.SIZE), (int) (packed & MOST));
  }
}
