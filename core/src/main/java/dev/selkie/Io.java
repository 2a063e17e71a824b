package dev.selkie;

import dev.selkie.descriptor.ByteTransfer;

/** The results of a non-blocking operation that moved nothing, and what one moves at least. */
public final class Io {
  /** End of file: the peer will send nothing more. */
  public static final int END = ByteTransfer.END;

  /** Not now: the operation would have had to wait. */
  public static final int NOT_READY = ByteTransfer.NOT_READY;

  /** The bytes of a heap buffer that one call moves, if they are there: all of them, or so many. */
  public static final int HEAP_BYTES = ByteTransfer.HEAP_BYTES;

  private Io() {}
}
