package dev.selkie.cli;

import dev.selkie.cli.program.Service;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A server that runs on a thread of its own until this is closed. */
final class ServerThread implements AutoCloseable {
  private static final long END_MILLIS = 5000;

  private final Service server;
  private final Thread thread;
  private volatile @Nullable Throwable failure;

  private ServerThread(Service server) {
    this.server = server;
    this.thread = Thread.ofPlatform().name("delay-server").daemon().unstarted(this::run);
  }

  /** Starts a server. */
  static ServerThread start(Service server) {
    ServerThread running = new ServerThread(server);
    running.thread.start();
    return running;
  }

  private void run() {
    try (server) {
      server.run();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /** Where the server listens. */
  InetSocketAddress address() {
    return server.address();
  }

  /** What ended the server, or null while it runs. */
  @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public void close() {
    server.stop();
    try {
      thread.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
