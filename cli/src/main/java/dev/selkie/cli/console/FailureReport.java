package dev.selkie.cli.console;

import dev.selkie.EventQueue;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCallException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExecutionException;

/** Tells of a failure in one line, and gives the exit status. */
public final class FailureReport {
  private static final String PROFILE = "dev.selkie.kernel.profile";
  private static final String BACKEND = "dev.selkie.backend";

  private final Output output;
  private final boolean trace;

  FailureReport(Output output, boolean trace) {
    this.output = output;
    this.trace = trace || System.getProperty("selkie.stacktrace") != null;
  }

  /** Tells of a failure. */
  int report(Throwable failure) {
    Throwable root = root(failure);
    if (root instanceof UnwritableOutputException lost && lost.isClosed()) {
      return ClosedOutputException.STATUS;
    }
    output.warn(root instanceof Failure known ? known.line() : line(root));
    if (trace) {
      failure.printStackTrace(output.err());
      output.err().flush();
    }
    return root instanceof Failure known ? known.status() : Failure.FAILED;
  }

  /** The failure in one line: what, why, what to do. */
  public static String line(Throwable failure) {
    Throwable root = root(failure);
    String advice = advice(root);
    if (advice != null) {
      return reason(root) + "; " + advice;
    }
    return root instanceof IllegalCallerException
            || root instanceof UnwritableOutputException
            || isOfKernel(root)
        ? reason(root)
        : "%s (--stacktrace shows where)".formatted(reason(root));
  }

  /** The same without what to do, and without a word on stack traces. */
  public static String reason(Throwable failure) {
    Throwable root = root(failure);
    if (root instanceof IllegalCallerException) {
      Module module = EventQueue.class.getModule();
      return "native access is not allowed: start Java with --enable-native-access="
          + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    }
    return text(root);
  }

  /** What to do about a failure that comes of a property the user has set, or null for others. */
  public static @Nullable String advice(Throwable failure) {
    Throwable root = root(failure);
    if (isOfKernel(root) && !System.getProperty(PROFILE, "").isEmpty()) {
      return "mend that file or name another one by -D%s, or leave the property out"
          .formatted(PROFILE);
    }
    boolean isOfBackend =
        root instanceof SystemCallException call
            ? call.errno() == Errno.ENOSYS
            : root instanceof IllegalArgumentException && text(root).contains(BACKEND);
    if (isOfBackend && System.getProperty(BACKEND) != null) {
      return "correct -D%s, or leave it out".formatted(BACKEND);
    }
    return null;
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    boolean isClear = failure instanceof Exception || isOfKernel(failure);
    String text = message == null || !isClear ? failure.toString() : message;
    return text.lines().findFirst().orElse("");
  }

  /**
   * Whether the kernel of this machine was not found or not allowed, or its library lacks something
   * that its profile names: its message says all.
   */
  private static boolean isOfKernel(Throwable failure) {
    return (failure instanceof IllegalStateException || failure instanceof UnsatisfiedLinkError)
        && isThrownIn(failure, "dev.selkie.kernel.");
  }

  private static boolean isThrownIn(Throwable failure, String place) {
    StackTraceElement[] trace = failure.getStackTrace();
    return trace.length > 0 && trace[0].getClassName().startsWith(place);
  }

  /** What lies beneath the wrappers of class initialisation and of the command line. */
  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    @Nullable Throwable cause = failure.getCause();
    while ((root instanceof LinkageError || root instanceof ExecutionException) && cause != null) {
      root = cause;
      cause = root.getCause();
    }
    return root;
  }
}
