package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;

/** Something that a loop ran for longer than a threshold; used again for each. */
@Name("dev.selkie.SlowCallback")
@Label("Slow Callback")
@Description("One handler, timer, runnable or fiber kept its event loop from all others")
@Threshold("20 ms")
public final class SlowCallbackEvent extends LoopEvent {
  /** What ran. */
  @Label("Callback")
  @Description("The source whose handler it was, the fiber, or the class")
  public String callback = "";

  /** Something that a loop ran. */
  public SlowCallbackEvent(String loop) {
    super(loop);
  }
}
