package dev.selkie.source;

import org.jspecify.annotations.Nullable;

/**
 * How a process ended: by itself, with a code, or by a signal; wait(2).
 *
 * @param code the exit code, 0 to 255; -1 if it has none
 * @param signal the signal that ended it, without {@code SIG}, such as {@code TERM}; {@code 35} of
 *     one without a name; null for none
 * @param coreDumped whether the system wrote a core dump of it, core(5)
 */
public record ExitStatus(int code, @Nullable String signal, boolean coreDumped) {
  /** Of a process whose status nobody can tell: it is no child, or somebody else took it. */
  public static final ExitStatus UNKNOWN = new ExitStatus(-1, null, false);

  /** The status of a process that ended with a code. */
  static ExitStatus exited(int code) {
    return new ExitStatus(code, null, false);
  }

  /** Whether it is known at all. */
  public boolean isKnown() {
    return code >= 0 || signal != null;
  }

  /** Whether it ended by itself with code 0. */
  public boolean isSuccess() {
    return code == 0;
  }

  /** Such as {@code exit code 3}, {@code killed by SIGKILL} and {@code exit status unknown}. */
  @Override
  public String toString() {
    if (signal == null) {
      return code < 0 ? "exit status unknown" : "exit code " + code;
    }
    boolean numbered = Character.isDigit(signal.charAt(0));
    return "killed by "
        + (numbered ? "signal " : "SIG")
        + signal
        + (coreDumped ? " (core dumped)" : "");
  }
}
