package dev.selkie.cli.program;

import dev.selkie.cli.console.FailureReport;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Failures of the system in words that say what to do. */
public final class Reasons {
  private Reasons() {}

  /**
   * Why no more connections can be accepted for the time being, or null if an accept has failed for
   * another reason.
   */
  public static @Nullable String ofPause(Kernel kernel, SystemCallException e) {
    String reason =
        switch (e.errno()) {
          case EMFILE ->
              "the limit of %d descriptors is reached"
                  .formatted(kernel.files().descriptorLimit(false));
          case ENFILE, ENOBUFS, ENOMEM, ENOSPC -> e.getMessage();
          default -> null;
        };
    return reason == null
        ? null
        : reason
            + ": new connections wait until one closes; raise the limit with ulimit -n (this is"
            + " said once)";
  }

  /** Why a connection with a place failed. */
  public static String of(SystemCallException e, String place) {
    return switch (e.errno()) {
      case ECONNREFUSED ->
          "nothing listens at %s (connection refused): start ./selkie serve delay there, or check"
                  .formatted(place)
              + " --host and --port";
      case ETIMEDOUT -> "no connection to %s: it does not answer (timed out)".formatted(place);
      case ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ENETDOWN ->
          "no way to %s (%s): check the address and this machine's network"
              .formatted(place, e.errno().message());
      case ECONNRESET, EPIPE -> "%s cut the connection off (reset)".formatted(place);
      case EMFILE, ENFILE ->
          "no descriptor left (%s): raise the limit with ulimit -n, or lower --requests"
              .formatted(e.errno().message());
      case EADDRNOTAVAIL ->
          "no local port left for connections to %s: lower --requests".formatted(place);
      case EACCES, EPERM -> "no permission to connect to %s (%s)".formatted(place, e.errno());
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  /** Why a server cannot listen. */
  public static String ofListening(SystemCallException e, String place, int port) {
    return switch (e.errno()) {
      case EADDRINUSE ->
          "port %d is in use at %s: choose another one with --port, or --port 0 for any free one"
              .formatted(port, place);
      case EACCES, EPERM ->
          "no permission to listen on port %d: ports below 1024 need root; choose another one with"
                  .formatted(port)
              + " --port";
      case EADDRNOTAVAIL ->
          "%s is no address of this machine: choose one with --bind".formatted(place);
      case EMFILE, ENFILE ->
          "no descriptor left (%s): raise the limit with ulimit -n".formatted(e.errno().message());
      case ENOSYS ->
          "no queue can be opened (%s); %s"
              .formatted(
                  e.getMessage(),
                  Objects.requireNonNullElse(
                      FailureReport.advice(e), "selkie doctor says what this machine has"));
      default -> "cannot listen at %s:%d: %s".formatted(place, port, e.getMessage());
    };
  }

  /** Why an exception without a system call came. */
  public static String of(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
