package dev.selkie.cli;

/** What a client has done. */
final class ClientCounts {
  int answered;
  int failed;
  long waits;
  long emptyWaits;
  long events;
  long endsOfFile;
}
