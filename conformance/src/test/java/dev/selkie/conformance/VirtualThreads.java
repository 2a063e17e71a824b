package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Virtual threads that have nothing to do with a loop. */
final class VirtualThreads {
  private VirtualThreads() {}

  /** Virtual threads of the JVM sleep, read sockets, and have them closed and be interrupted. */
  static void assertThatTheyWork() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatOneReads(server, (peer, _, _) -> peer.getOutputStream().write(7));
      assertThatOneReads(server, (_, accepted, _) -> accepted.close());
      assertThatOneReads(server, (_, _, reader) -> reader.interrupt());
    }
  }

  /** What ends a read. */
  private interface Ending {
    void end(Socket peer, Socket accepted, Thread reader) throws IOException;
  }

  private static void assertThatOneReads(ServerSocket server, Ending ending) throws Exception {
    try (Socket peer = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      CompletableFuture<Integer> read = new CompletableFuture<>();
      Thread reader =
          Thread.startVirtualThread(() -> {
            try {
              Thread.sleep(1);
              read.complete(accepted.getInputStream().read());
            } catch (IOException | InterruptedException e) {
              read.complete(-1);
            }
          });
      Until.holds("it reads", () -> reader.getState() == Thread.State.WAITING);
      ending.end(peer, accepted, reader);
      assertThat(read.get(10, TimeUnit.SECONDS)).isIn(7, -1);
      assertThat(reader.join(Ready.DEADLINE)).isTrue();
    }
  }
}
