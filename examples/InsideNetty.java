import dev.selkie.*;
import dev.selkie.source.PipePair;
import io.netty.channel.*;
import io.netty.channel.epoll.*;
import io.netty.channel.unix.FileDescriptor;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Selkie inside a loop of Netty's: what Netty has no channel for, here a pipe, is waited for by the
 * thread that serves Netty's channels.
 *
 * <p>The queue's descriptor is one more handle of Netty's epoll. When it is ready, the queue is
 * asked without waiting and its events are handled on Netty's thread. Needs Netty 4.2 with its
 * native transport on the class path.
 */
record Embedded(EventQueue<ReadyHandler> queue) implements EpollIoHandle {
  interface ReadyHandler {
    void ready() throws Exception;
  }

  @Override
  public FileDescriptor fd() {
    return new FileDescriptor(queue.descriptor().number());
  }

  @Override
  public void handle(IoRegistration registration, IoEvent ready) {
    try {
      for (Event<ReadyHandler> event : queue.poll()) {
        event.attachment().ready();
      }
    } catch (Exception e) {
      e.printStackTrace();
    }
    registration.submit(EpollIoOps.EPOLLIN); // again
  }

  @Override
  public void close() {
    queue.close();
  }
}

void main() throws Exception {
  EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  IoEventLoop netty = (IoEventLoop) group.next();
  CompletableFuture<String> read = new CompletableFuture<>();
  try (EventQueue<Embedded.ReadyHandler> queue = EventQueue.open();
      PipePair pipe = PipePair.open()) {
    ByteBuffer buffer = ByteBuffer.allocate(100);
    Embedded.ReadyHandler reading =
        () -> {
          int n = pipe.reader().read(buffer.clear());
          read.complete("%d bytes, on %s".formatted(n, Thread.currentThread().getName()));
        };
    queue.register(pipe.reader(), Interest.READABLE, reading);
    IoRegistration registration = netty.register(new Embedded(queue)).get(10, TimeUnit.SECONDS);
    registration.submit(EpollIoOps.EPOLLIN);
    pipe.writer().write(ByteBuffer.allocate(42));
    IO.println(read.get(10, TimeUnit.SECONDS));
    registration.cancel();
    // It is cancelled by Netty's thread: the queue must not be closed before.
    netty.submit(() -> {}).get(10, TimeUnit.SECONDS);
  } finally {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
  }
}
