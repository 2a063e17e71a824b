package dev.selkie.cli;

/** What a server has done. */
final class ServerCounts {
  long connections;
  long requests;
  long bytesIn;
  long bytesOut;
  long waits;
  long events;
  long vanished;
  long refused;
  long pauses;

  /** The counts in one line; requests are left out where a protocol has none. */
  String summary(boolean withRequests, int open) {
    StringBuilder text = new StringBuilder();
    text.append(counted(connections, "connection"));
    if (withRequests) {
      text.append(", ").append(counted(requests, "request"));
    }
    text.append(", ").append(counted(bytesIn, "byte")).append(" in, ");
    text.append(counted(bytesOut, "byte")).append(" out, ");
    text.append(counted(waits, "wait")).append(", ").append(counted(events, "event"));
    if (refused > 0) {
      text.append(", ").append(counted(refused, "bad request"));
    }
    if (vanished > 0) {
      text.append(", ").append(counted(vanished, "client")).append(" gone before the end");
    }
    if (open > 0) {
      text.append(", ").append(counted(open, "connection")).append(" still open");
    }
    if (pauses > 0) {
      text.append(", ").append(counted(pauses, "pause")).append(" for want of descriptors");
    }
    return text.toString();
  }

  /** A number with its noun: {@code 1 byte}, {@code 2 bytes}. */
  static String counted(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
