package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Coroutines on an event loop and real sockets. */
final class LoopTest {
  private EventLoop loop;
  private InetSocketAddress server;

  @BeforeEach
  void serve() throws IOException {
    loop = EventLoop.start();
    TcpListener listener =
        TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server = listener.localAddress();
    var _ = loop.run(serve(loop.listen(listener)));
  }

  @AfterEach
  void close() {
    loop.close();
  }

  /** A delay server. */
  private Task<Void> serve(Incoming<Connection> incoming) {
    while (true) {
      Connection connection = await(Task.take(incoming));
      var _ = loop.run(answer(connection));
    }
  }

  private Task<Void> answer(Connection connection) {
    try (connection) {
      ByteBuffer buffer = ByteBuffer.allocate(1_000);
      do {
        if (await(Task.read(connection.input(), buffer)) == Io.END) {
          return Task.of(null);
        }
      } while (!US_ASCII.decode(buffer.duplicate().flip()).toString().endsWith("\r\n\r\n"));
      List<String> asked = List.of(US_ASCII.decode(buffer.flip()).toString().split("[/ ]", -1));
      await(Task.sleep(loop, Duration.ofMillis(Long.parseLong(asked.get(2)))));
      ByteBuffer answer = US_ASCII.encode("HTTP/1.1 200 OK\r\n\r\n" + asked.get(3));
      await(Task.write(connection.output(), answer));
      return Task.of(null);
    }
  }

  private static <T> T result(CompletableFuture<T> future) throws Exception {
    return future.get(10, TimeUnit.SECONDS);
  }

  private static long millisSince(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }

  @Test
  void twoRequestsInSequenceTakeTheSumOfTheirTimes() throws Exception {
    long start = System.nanoTime();
    assertThat(result(loop.run(Requests.both(loop, server)))).isEqualTo("first, second");
    assertThat(millisSince(start)).isBetween(300L, 3_000L);
  }

  @Test
  void fiveJoinedTakeTheLongestOfTheirTimes() throws Exception {
    long start = System.nanoTime();
    List<Task<String>> requests =
        List.of(800, 700, 600, 500, 400).stream()
            .map(delay -> Requests.get(loop, server, "/" + delay + "/after" + delay))
            .toList();
    assertThat(result(loop.run(Task.joinAll(requests))))
        .containsExactly("after800", "after700", "after600", "after500", "after400");
    assertThat(millisSince(start)).isBetween(800L, 2_900L);
  }

  private Task<String> inTime(CompletableFuture<String> told) {
    try {
      return Task.of(
          await(
              Requests.get(loop, server, "/60000/late").withTimeout(loop, Duration.ofMillis(20))));
    } catch (Exception e) {
      told.complete(e.getClass().getSimpleName());
      return Requests.get(loop, server, "/0/instead");
    }
  }

  @Test
  void oneThatTakesTooLongIsCancelled() throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    assertThat(result(loop.run(inTime(told)))).isEqualTo("instead");
    assertThat(told).isCompletedWithValue(TimeoutException.class.getSimpleName());
  }

  private Task<String> guarded(CompletableFuture<String> begun, CompletableFuture<String> ended) {
    try {
      begun.complete("begun");
      return Task.of(await(Requests.get(loop, server, "/60000/late")));
    } finally {
      ended.complete("ended");
    }
  }

  @Test
  void cancellingTheFutureRunsTheFinallyBlocks() throws Exception {
    CompletableFuture<String> begun = new CompletableFuture<>();
    CompletableFuture<String> ended = new CompletableFuture<>();
    CompletableFuture<String> future = loop.run(guarded(begun, ended));
    result(begun);
    future.cancel(false);
    assertThat(result(ended)).isEqualTo("ended");
  }

  @Test
  void closingTheLoopRunsThemToo() throws Exception {
    CompletableFuture<String> begun = new CompletableFuture<>();
    CompletableFuture<String> ended = new CompletableFuture<>();
    CompletableFuture<String> future = loop.run(guarded(begun, ended));
    result(begun);
    loop.close();
    assertThat(result(ended)).isEqualTo("ended");
    assertThatThrownBy(() -> result(future)).hasRootCauseInstanceOf(IOException.class);
  }

  @Test
  void theFailureOfAConnectionIsThrown() throws Exception {
    InetSocketAddress nobody;
    try (TcpListener listener =
        TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      nobody = listener.localAddress();
    }
    assertThatThrownBy(() -> result(loop.run(Requests.both(loop, nobody))))
        .hasRootCauseInstanceOf(IOException.class)
        .hasMessageContaining("ECONNREFUSED");
  }
}
