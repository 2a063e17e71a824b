package dev.selkie.cli;

import dev.selkie.EventQueue;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExecutionException;

/** Tells of a failure in one line, and gives the exit status. */
final class FailureReport {
  private final Output output;
  private final boolean trace;

  FailureReport(Output output, boolean trace) {
    this.output = output;
    this.trace = trace || System.getProperty("selkie.stacktrace") != null;
  }

  /** Tells of a failure. */
  int report(Throwable failure) {
    if (failure instanceof ClosedOutputException) {
      return ClosedOutputException.STATUS;
    }
    Throwable root = root(failure);
    if (root instanceof Failure known) {
      output.warn(known.line());
    } else {
      output.warn(line(root));
    }
    if (trace) {
      failure.printStackTrace(output.err());
      output.err().flush();
    }
    return root instanceof Failure known ? known.status() : Failure.FAILED;
  }

  /** The failure in one line: what, why, what to do. */
  static String line(Throwable failure) {
    Throwable root = root(failure);
    String reason = reason(root);
    return root instanceof IllegalCallerException || isOfKernel(root)
        ? reason
        : "%s (--stacktrace shows where)".formatted(reason);
  }

  /** The same without a word on stack traces, for what does not print any. */
  static String reason(Throwable failure) {
    Throwable root = root(failure);
    if (root instanceof IllegalCallerException) {
      Module module = EventQueue.class.getModule();
      return "native access is not allowed: start Java with --enable-native-access="
          + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    }
    return text(root);
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    String text = message == null || !(failure instanceof Exception) ? failure.toString() : message;
    return text.lines().findFirst().orElse("");
  }

  /** Whether the kernel of this machine was not found or not allowed: its message says all. */
  private static boolean isOfKernel(Throwable failure) {
    return failure instanceof IllegalStateException
        && failure.getStackTrace().length > 0
        && failure.getStackTrace()[0].getClassName().startsWith("dev.selkie.kernel.");
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
