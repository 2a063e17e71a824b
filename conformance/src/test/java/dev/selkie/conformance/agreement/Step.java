package dev.selkie.conformance.agreement;

import java.util.Random;

/**
 * One step of a {@link History}.
 *
 * <p>A step names its subject by an index into what exists when it is done, so that it still means
 * something after steps before it were taken out.
 *
 * @param kind what is done
 * @param subject chooses whom it is done to
 * @param amount chooses how much, or in which way
 */
record Step(Kind kind, int subject, int amount) {
  /** What can be done, with how often it is. */
  enum Kind {
    /** Makes a source. */
    OPEN(6),
    /** Closes a descriptor. */
    CLOSE(3),
    /** Closes a TCP descriptor with a reset. */
    RESET(1),
    /** Duplicates a descriptor. */
    DUPLICATE(2),
    /** Registers a descriptor. */
    ADD(10),
    /** Changes a registration. */
    MODIFY(6),
    /** Ends a registration. */
    DELETE(2),
    /** Writes some bytes; wakes, where the source is a counter. */
    WRITE(14),
    /** Writes until there is no room. */
    FILL(2),
    /** Reads some bytes; takes a connection, where the source listens. */
    READ(7),
    /** Reads all that is there. */
    DRAIN(4),
    /** Ends a direction of a socket. */
    SHUTDOWN(2),
    /** Sends an urgent byte. */
    URGENT(3),
    /** Takes the urgent byte. */
    TAKE_URGENT(1),
    /** Connects with a listener. */
    CONNECT(3),
    /** Waits. */
    WAIT(24);

    private static final Kind[] ALL = values();

    private final int weight;

    Kind(int weight) {
      this.weight = weight;
    }

    static Kind any(Random random) {
      int sum = 0;
      for (Kind kind : ALL) {
        sum += kind.weight;
      }
      int left = random.nextInt(sum);
      for (Kind kind : ALL) {
        left -= kind.weight;
        if (left < 0) {
          return kind;
        }
      }
      throw new AssertionError(left);
    }
  }

  static Step any(Random random) {
    return new Step(Kind.any(random), random.nextInt(1 << 20), random.nextInt(1 << 20));
  }
}
