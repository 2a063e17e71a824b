package dev.selkie.conformance.soak;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.EventLoopGroup;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Scope;
import dev.selkie.runtime.Watch;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Echo servers by callbacks, futures and fibers, whose code throws, dawdles, closes and cancels. A
 * connection that lives has its bytes back in their order.
 */
final class EchoServers implements AutoCloseable {
  /** How long a peer may take nothing. */
  private static final Duration PATIENCE = Duration.ofMillis(700);

  private static final Duration POLL = Duration.ofMillis(60);
  private static final int BUFFER_BYTES = 1 << 13;

  private final EventLoopGroup group;
  private final Tally tally;
  private final Random random;
  private final List<InetSocketAddress> addresses = new ArrayList<>();
  private final Set<TcpStream> streams = ConcurrentHashMap.newKeySet();
  private final TcpListener listener;

  EchoServers(EventLoopGroup group, Kernel kernel, Tally tally, Random random) throws IOException {
    this.group = group;
    this.tally = tally;
    this.random = random;
    this.listener = TcpListener.bind(kernel, anywhere());
    addresses.add(listener.localAddress());
    byCallbacks(group.next());
    Incoming<Connection> taken = group.listen(anywhere());
    addresses.add(((TcpListener) taken.source()).localAddress());
    takeNext(taken);
    Incoming<Connection> incoming = group.listen(anywhere());
    addresses.add(((TcpListener) incoming.source()).localAddress());
    startFiber(group.next(), () -> byFibers(incoming));
  }

  private static InetSocketAddress anywhere() {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
  }

  List<InetSocketAddress> addresses() {
    return addresses;
  }

  /** One of so many times. */
  private boolean sometimes(int times) {
    return random.nextInt(times) == 0;
  }

  /** Throws, or holds the loop up, now and then. */
  private void misbehave(String where) {
    if (sometimes(200)) {
      tally.count(where + " throws");
      throw new Misbehaviour(where);
    }
    if (sometimes(400)) {
      tally.count(where + " blocks its loop");
      Mischief.hold(random.nextInt(20));
    }
  }

  // By callbacks

  private void byCallbacks(EventLoop loop) throws IOException {
    Watch[] watch = {null};
    watch[0] =
        loop.watch(
            listener,
            Interest.READABLE.oneShot(),
            (source, _) -> {
              try {
                for (TcpStream s = source.accept(); s != null; s = source.accept()) {
                  streams.add(s);
                  new Echo(s, group.next());
                }
                watch[0].rearm();
              } catch (SystemCallException e) {
                Future<?> _ = loop.schedule(() -> rearm(watch[0]), 20, TimeUnit.MILLISECONDS);
              }
            });
  }

  private Object rearm(Watch watch) throws IOException {
    watch.rearm();
    return watch;
  }

  /** A connection by callbacks. */
  private final class Echo {
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private final EventLoop loop;
    private Future<?> limit = CompletableFuture.completedFuture(null);
    private Watch watch;
    private boolean writing;

    Echo(TcpStream stream, EventLoop loop) {
      this.loop = loop;
      try {
        loop.execute(() -> begin(stream));
      } catch (RejectedExecutionException e) {
        end(stream); // the group is being closed
      }
    }

    private void begin(TcpStream stream) {
      try {
        watch = loop.watch(stream, Interest.READABLE, (s, _) -> ready(s));
      } catch (IOException e) {
        end(stream);
      }
    }

    private void ready(TcpStream stream) {
      misbehave("a handler");
      if (sometimes(300)) {
        tally.count("a handler closes");
        end(stream);
        return;
      }
      try {
        if (!writing && stream.read(buffer) == Io.END) {
          end(stream);
          return;
        }
        stream.write(buffer.flip());
        buffer.compact();
        boolean rest = buffer.position() > 0;
        if (rest != writing) {
          writing = rest;
          watch.modify(rest ? Interest.WRITABLE : Interest.READABLE);
        }
        limit.cancel(false);
        if (rest) {
          limit = loop.schedule(() -> end(stream), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        }
      } catch (IOException e) {
        end(stream);
      }
    }

    private void end(TcpStream stream) {
      limit.cancel(false);
      stream.close();
      streams.remove(stream);
    }
  }

  // By futures

  private void takeNext(Incoming<Connection> incoming) {
    CompletableFuture<Connection> taking = incoming.takeAsync();
    if (sometimes(5)) {
      boolean cancelled = taking.cancel(true);
      tally.count(cancelled ? "a take is cancelled" : "a take is cancelled too late");
      if (cancelled) {
        taking = incoming.takeAsync();
      }
    }
    CompletableFuture<?> _ =
        taking.handle((connection, problem) -> {
          if (problem != null) {
            return incoming.isOpen(); // closed: the end
          }
          echo(connection, ByteBuffer.allocate(BUFFER_BYTES), 0);
          takeNext(incoming);
          return true;
        });
  }

  private void echo(Connection connection, ByteBuffer buffer, int silences) {
    CompletableFuture<Integer> reading =
        connection.readAsync(buffer.clear()).orTimeout(POLL.toMillis(), TimeUnit.MILLISECONDS);
    if (sometimes(20) && reading.cancel(true)) {
      tally.count("a read is cancelled");
      reading = connection.readAsync(buffer.clear());
    }
    CompletableFuture<?> _ =
        reading.handle((count, problem) -> {
          if (problem instanceof java.util.concurrent.TimeoutException
              && (long) silences * POLL.toMillis() < PATIENCE.toMillis()) {
            tally.count("a future times out");
            echo(connection, buffer, silences + 1);
          } else if (problem != null || count == Io.END) {
            connection.close();
          } else {
            buffer.flip();
            answer(connection, buffer);
          }
          return true;
        });
  }

  private void answer(Connection connection, ByteBuffer buffer) {
    CompletableFuture<?> _ =
        connection
            .writeAsync(buffer)
            .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .thenAccept(_ -> {
              misbehave("a stage");
              if (buffer.hasRemaining()) {
                answer(connection, buffer);
              } else {
                echo(connection, buffer, 0);
              }
            })
            .exceptionally(_ -> {
              connection.close();
              return null;
            });
  }

  // By fibers

  /** Starts a fiber that is counted. */
  private void startFiber(EventLoop loop, Mischief.Body body) {
    Mischief.start(loop, tally, body);
  }

  private void byFibers(Incoming<Connection> incoming) throws IOException {
    while (incoming.isOpen()) {
      try {
        Connection connection = incoming.take();
        startFiber(connection.loop(), () -> serve(connection));
      } catch (InterruptedIOException e) {
        tally.count("a take is interrupted");
      }
    }
  }

  private void serve(Connection connection) throws IOException {
    try (connection) {
      connection.readTimeout(POLL);
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      int silences = 0;
      while (true) {
        long began = System.nanoTime();
        try {
          if (connection.read(buffer.clear()) == Io.END) {
            return;
          }
        } catch (SocketTimeoutException e) {
          long late = System.nanoTime() - began - POLL.toNanos();
          tally.deadline("a read that times out", late, Mischief.MOST_LATE_NANOS);
          if (++silences * POLL.toMillis() > PATIENCE.toMillis()) {
            return;
          }
          continue;
        } catch (InterruptedIOException e) {
          tally.count("a read is interrupted");
          continue;
        }
        silences = 0;
        misbehave("a fiber");
        write(connection, buffer.flip());
      }
    }
  }

  private void write(Connection connection, ByteBuffer buffer) throws IOException {
    try (Scope _ = connection.loop().scope().deadline(PATIENCE)) {
      while (buffer.hasRemaining()) {
        try {
          connection.writeFully(buffer);
        } catch (SocketTimeoutException e) {
          throw e;
        } catch (InterruptedIOException e) {
          tally.count("a write is interrupted"); // the buffer's position says how far it came
        }
      }
    }
  }

  @Override
  public void close() {
    listener.close();
    streams.forEach(TcpStream::close);
  }
}
