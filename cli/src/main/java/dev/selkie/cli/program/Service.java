package dev.selkie.cli.program;

import java.net.InetSocketAddress;

/** A server that a command runs, in whatever style it is written. */
public interface Service extends AutoCloseable {
  /** Where it listens. */
  InetSocketAddress address();

  /** What it has done. */
  ServerCounts counts();

  /** Connections that are open. */
  int connections();

  /** Serves on the calling thread, or while it waits, until {@link #stop}. */
  void run();

  /** Ends {@link #run} soon; from any thread. */
  void stop();

  /** Closes the listener, the connections, and what they ran on. */
  @Override
  void close();
}
