package dev.selkie.cli.program;

import java.util.concurrent.atomic.LongAdder;

/** What a server has done; any thread may count. */
public final class ServerCounts {
  public final CountedKernel kernel;
  public final LongAdder connections = new LongAdder();
  public final LongAdder requests = new LongAdder();
  public final LongAdder bytesIn = new LongAdder();
  public final LongAdder bytesOut = new LongAdder();
  public final LongAdder vanished = new LongAdder();
  public final LongAdder refused = new LongAdder();
  public final LongAdder pauses = new LongAdder();

  /** Counts of a server on a kernel, which counts too. */
  public ServerCounts(CountedKernel kernel) {
    this.kernel = kernel;
  }

  /** The counts in one line; requests are left out where a protocol has none. */
  public String summary(boolean withRequests, int open) {
    StringBuilder text = new StringBuilder();
    text.append(counted(connections.sum(), "connection"));
    if (withRequests) {
      text.append(", ").append(counted(requests.sum(), "request"));
    }
    text.append(", ").append(counted(bytesIn.sum(), "byte")).append(" in, ");
    text.append(counted(bytesOut.sum(), "byte")).append(" out, ");
    text.append(counted(kernel.waits(), "wait"));
    text.append(", ").append(counted(kernel.events(), "event"));
    text.append(", ").append(counted(kernel.calls(), "system call"));
    if (refused.sum() > 0) {
      text.append(", ").append(counted(refused.sum(), "bad request"));
    }
    if (vanished.sum() > 0) {
      text.append(", ").append(counted(vanished.sum(), "client")).append(" gone before the end");
    }
    if (open > 0) {
      text.append(", ").append(counted(open, "connection")).append(" still open");
    }
    if (pauses.sum() > 0) {
      text.append(", ").append(counted(pauses.sum(), "pause")).append(" for want of descriptors");
    }
    return text.toString();
  }

  /** A number with its noun: {@code 1 byte}, {@code 2 bytes}. */
  public static String counted(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
