package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A wait that ended for nothing. */
@Name("dev.selkie.Spurious")
@Label("Spurious Return")
@Description("A wait ended though no source was ready, no time up and nobody woke the loop")
public final class SpuriousEvent extends LoopEvent {
  /** A wait of a loop. */
  public SpuriousEvent(String loop) {
    super(loop);
  }
}
