package dev.selkie.runtime;

import java.io.IOException;
import java.io.Serial;

/** A transfer ended because its input or its output failed; the cause says how. */
public final class TransferException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final long transferred;
  private final boolean ofInput;

  TransferException(Input from, Output to, long transferred, boolean ofInput, IOException cause) {
    super(
        "from %s to %s, after %d bytes, %s: %s"
            .formatted(from, to, transferred, ofInput ? "reading" : "writing", cause),
        cause);
    this.transferred = transferred;
    this.ofInput = ofInput;
  }

  /** How many bytes the output took. */
  public long transferred() {
    return transferred;
  }

  /** Whether the input failed, and not the output. */
  public boolean isOfInput() {
    return ofInput;
  }
}
