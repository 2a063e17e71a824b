package dev.selkie.benchmarks;

import java.io.Serial;

/** A process of the comparison could not start, failed, or did not answer in time. */
final class ChildException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  ChildException(String message) {
    super(message);
  }
}
