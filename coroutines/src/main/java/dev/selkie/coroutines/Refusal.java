package dev.selkie.coroutines;

/** A method that cannot be a coroutine, and what to do. */
final class Refusal extends Exception {
  @java.io.Serial private static final long serialVersionUID = 1;

  Refusal(String message) {
    super(message);
  }
}
