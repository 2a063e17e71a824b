package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.selkie.Io;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.task.Task;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/** Requests to a delay server, in sequence. */
final class Requests {
  private Requests() {}

  // @start region="sequence"
  static Task<String> both(EventLoop loop, SocketAddress server) {
    String first = await(get(loop, server, "/200/first"));
    String second = await(get(loop, server, "/100/second"));
    return Task.of(first + ", " + second);
  }

  static Task<String> get(EventLoop loop, SocketAddress server, String path) {
    try (Connection connection = await(Task.from(loop.connectAsync(server)))) {
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      await(Task.write(connection.output(), US_ASCII.encode(request)));
      StringBuilder answer = new StringBuilder();
      ByteBuffer buffer = ByteBuffer.allocate(147);
      while (await(Task.read(connection.input(), buffer.clear())) != Io.END) {
        answer.append(US_ASCII.decode(buffer.flip()));
      }
      return Task.of(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }
  }
  // @end
}
