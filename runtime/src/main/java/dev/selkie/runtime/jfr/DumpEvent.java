package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;

/** A part of a dump of a loop, when a recording begins that asks for it. */
@Name("dev.selkie.Dump")
@Label("Event Loop Dump")
@Description("Fibers, tasks and sources of an event loop, in parts")
@Enabled(false)
@Period("beginChunk")
public final class DumpEvent extends LoopEvent {
  /** Characters of a part: a longer event would not fit into the recorder's buffers. */
  private static final int PART = 8_000;

  /** The number of the part, from 0. */
  @Label("Part")
  final int part;

  /** What is to be put together in order of the parts. */
  @Label("Text")
  final String text;

  private DumpEvent(String loop, int part, String text) {
    super(loop);
    this.part = part;
    this.text = text;
  }

  /** Records a dump, by as many events as it needs. */
  public static void record(String loop, String dump) {
    for (int part = 0; part * PART < dump.length(); part++) {
      int end = Math.min((part + 1) * PART, dump.length());
      new DumpEvent(loop, part, dump.substring(part * PART, end)).commit();
    }
  }
}
