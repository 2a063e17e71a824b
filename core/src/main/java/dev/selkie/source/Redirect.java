package dev.selkie.source;

import dev.selkie.Source;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a child has as a descriptor, see {@link ChildProcessBuilder}. */
public final class Redirect {
  /** A pipe, whose other end the {@link ChildProcess} has. */
  public static final Redirect PIPE = new Redirect(Kind.PIPE, -1, null, null);

  /** What this process has under the same number. */
  public static final Redirect INHERIT = new Redirect(Kind.INHERIT, -1, null, null);

  /** The null device: nothing to read, and what is written is gone. */
  public static final Redirect NULL = new Redirect(Kind.FILE, -1, null, "/dev/null");

  /** Of standard error: what standard output is, as {@code 2>&1}. */
  public static final Redirect OUTPUT = new Redirect(Kind.OUTPUT, -1, null, null);

  enum Kind {
    PIPE,
    INHERIT,
    OUTPUT,
    NUMBER,
    SOURCE,
    FILE,
    APPEND
  }

  final Kind kind;
  final int number;
  final @Nullable Source source;
  final @Nullable String path;

  private Redirect(Kind kind, int number, @Nullable Source source, @Nullable String path) {
    this.kind = kind;
    this.number = number;
    this.source = source;
    this.path = path;
  }

  /**
   * A descriptor of this process, which stays open here and is the caller's to close. What is
   * non-blocking here is so in the child, which few programs expect.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public static Redirect descriptor(int number) {
    if (number < 0) {
      throw new IllegalArgumentException("a descriptor of number " + number);
    }
    return new Redirect(Kind.NUMBER, number, null, null);
  }

  /** The descriptor of a source, which stays open here; as {@link #descriptor}. */
  public static Redirect of(Source source) {
    Objects.requireNonNull(source, "source");
    source.descriptor().lifetime().share();
    return new Redirect(Kind.SOURCE, -1, source, null);
  }

  /**
   * A file: read as standard input, and otherwise made if it is not there, and emptied. The path is
   * as this process has it, whatever the child's folder is.
   */
  public static Redirect file(String path) {
    return new Redirect(Kind.FILE, -1, null, Objects.requireNonNull(path, "path"));
  }

  /** A file that is made if it is not there, to whose end the child writes. */
  public static Redirect append(String path) {
    return new Redirect(Kind.APPEND, -1, null, Objects.requireNonNull(path, "path"));
  }

  @Override
  public String toString() {
    return switch (kind) {
      case NUMBER -> "descriptor " + number;
      case SOURCE -> String.valueOf(source);
      case FILE -> "file " + path;
      case APPEND -> "file " + path + ", appended to";
      default -> kind.name();
    };
  }
}
