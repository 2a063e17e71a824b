package dev.selkie.cli.program;

/** What a client has done; guarded by its {@link Asking}. */
public final class ClientCounts {
  public int answered;
  public int failed;
  public long endsOfFile;

  ClientCounts() {}
}
