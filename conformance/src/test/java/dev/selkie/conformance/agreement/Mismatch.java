package dev.selkie.conformance.agreement;

/** A kernel did what it must not, or did not what it must. */
final class Mismatch extends RuntimeException {
  private static final long serialVersionUID = 1;

  Mismatch(String message) {
    super(message);
  }
}
