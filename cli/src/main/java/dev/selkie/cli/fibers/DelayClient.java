package dev.selkie.cli.fibers;

import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.Asking;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Scope;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;

/** One request to a delay server: from the connection to its end, in a fiber. */
public final class DelayClient {
  private final EventLoop loop;
  private final Asking asking;
  private final Asked asked;

  private DelayClient(EventLoop loop, Asking asking, Asked asked) {
    this.loop = loop;
    this.asking = asking;
    this.asked = asked;
  }

  /** Begins a request. */
  public static void ask(EventLoop loop, Asking asking, Asked asked) {
    Fiber<?> _ =
        loop.fiber(() -> {
          try (asked) {
            new DelayClient(loop, asking, asked).ask();
          } catch (Throwable e) {
            asking.crashed(e);
          }
          return asked;
        });
  }

  private void ask() {
    try (Connection connection = connect()) {
      asked.connected();
      receive(connection);
    } catch (SocketTimeoutException e) {
      asked.timedOut();
    } catch (IOException e) {
      asked.failed(e);
    }
  }

  private Connection connect() throws IOException {
    try (Scope _ = loop.scope().deadline(asked.timeLeft())) {
      return loop.connect(asking.run().server());
    }
  }

  private void receive(Connection connection) throws IOException {
    connection.writeFully(asked.request());
    ByteBuffer buffer = ByteBuffer.allocate(Asked.BUFFER_BYTES);
    int count;
    do {
      count = connection.readTimeout(asked.timeLeft()).read(buffer.clear());
    } while (asked.take(count, buffer));
  }
}
