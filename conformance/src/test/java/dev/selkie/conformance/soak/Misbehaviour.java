package dev.selkie.conformance.soak;

import java.io.Serial;

/** What the code of a soak throws where it should not. */
final class Misbehaviour extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  Misbehaviour(String what) {
    super(what, null, false, false);
  }
}
