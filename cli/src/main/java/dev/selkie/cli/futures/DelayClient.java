package dev.selkie.cli.futures;

import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.Asking;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One request to a delay server: a chain of stages from the connection to its end. */
public final class DelayClient {
  private DelayClient() {}

  /** Begins a request; on the loop's thread. */
  public static void ask(EventLoop loop, Asking asking, Asked asked) {
    CompletableFuture<@Nullable Void> _ =
        loop.connectAsync(asking.run().server())
            .orTimeout(asked.timeLeft().toNanos(), TimeUnit.NANOSECONDS)
            .<@Nullable Void>thenCompose(connection -> {
              asked.connected();
              return ask(connection, asked).whenComplete((_, _) -> connection.close());
            })
            .whenComplete((_, problem) -> {
              if (problem != null) {
                fail(asking, asked, Steps.cause(problem));
              }
              asked.close();
            });
  }

  private static CompletableFuture<@Nullable Void> ask(Connection connection, Asked asked) {
    ByteBuffer request = asked.request();
    ByteBuffer buffer = ByteBuffer.allocate(Asked.BUFFER_BYTES);
    return Steps.repeat(() -> connection.writeAsync(request).thenApply(_ -> request.hasRemaining()))
        .thenCompose(_ ->
            Steps.repeat(() ->
                connection
                    .readAsync(buffer.clear())
                    .orTimeout(asked.timeLeft().toNanos(), TimeUnit.NANOSECONDS)
                    .thenApply(count -> asked.take(count, buffer))));
  }

  private static void fail(Asking asking, Asked asked, Throwable problem) {
    switch (problem) {
      case TimeoutException _ -> asked.timedOut();
      case IOException e -> asked.failed(e);
      default -> asking.crashed(problem);
    }
  }
}
