package dev.selkie.cli.tasks;

import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.Asking;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One request to a delay server: a task from the connection to its end. */
public final class DelayClient {
  private DelayClient() {}

  /** Begins a request. */
  public static void ask(EventLoop loop, Asking asking, Asked asked) {
    CompletableFuture<@Nullable Void> _ =
        loop.run(
                Task.defer(() -> Task.from(loop.connectAsync(asking.run().server())))
                    .withTimeout(loop, asked.timeLeft())
                    .<@Nullable Void>then(connection -> {
                      asked.connected();
                      return ask(connection, asked).ensure(connection::close);
                    }))
            .whenComplete((_, problem) -> {
              if (problem != null) {
                fail(asking, asked, problem);
              }
              asked.close();
            });
  }

  private static Task<@Nullable Void> ask(Connection connection, Asked asked) {
    ByteBuffer buffer = ByteBuffer.allocate(Asked.BUFFER_BYTES);
    return Task.write(connection.output(), asked.request())
        .<@Nullable Void>then(_ ->
            Task.repeat(() ->
                Task.read(connection.input(), buffer.clear())
                    .withTimeout(connection.loop(), asked.timeLeft())
                    .map(count -> asked.take(count, buffer))));
  }

  private static void fail(Asking asking, Asked asked, Throwable problem) {
    switch (problem) {
      case TimeoutException _ -> asked.timedOut();
      case IOException e -> asked.failed(e);
      default -> asking.crashed(problem);
    }
  }
}
