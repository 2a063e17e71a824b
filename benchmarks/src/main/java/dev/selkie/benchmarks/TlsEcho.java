package dev.selkie.benchmarks;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.tls.Tls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One server of the TLS comparison, as a process: {@code TlsEcho PEER KEYSTORE SIZE}. All by the
 * JDK's provider; what each reads it writes back.
 */
final class TlsEcho {
  private final SSLContext context;

  /** What is read at once. */
  private final int bytes;

  private TlsEcho(SSLContext context, int bytes) {
    this.context = context;
    this.bytes = bytes;
  }

  public static void main(String[] args) {
    ServerQuestions.answer();
    try {
      int bytes = Math.max(Integer.parseInt(args[2]), EchoServer.BUFFER_BYTES);
      TlsEcho echo = new TlsEcho(TlsContexts.of(args[1]), bytes);
      switch (Peer.ofWord(args[0])) {
        case FIBERS -> echo.fibers();
        case FUTURES -> echo.futures();
        case NETTY_NIO -> echo.netty();
        case VIRTUAL_THREADS -> echo.virtualThreads();
        default -> throw new IllegalArgumentException(args[0] + " is no server of TLS");
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private Incoming<Connection> listen(EventLoop loop) throws IOException {
    Tls tls = Tls.server(context);
    TcpListener listener =
        TcpListener.builder().backlog(EchoServer.BACKLOG).bind(EchoServer.address());
    Incoming<Connection> incoming =
        loop.attach(
            listener,
            stream -> {
              stream.set(TcpOption.NODELAY, true);
              return loop.attach(tls.over(stream));
            });
    EchoServer.ready(listener.localAddress().getPort());
    return incoming;
  }

  private void fibers() throws IOException {
    try (EventLoop loop = EventLoop.builder().mountFibers(true).open()) {
      Incoming<Connection> incoming = listen(loop);
      loop.fiber(
              () -> {
                while (true) {
                  Connection connection = incoming.take();
                  var _ = loop.fiber(() -> serve(connection));
                }
              })
          .toCompletableFuture()
          .exceptionally(TlsEcho::fail);
      loop.run();
    }
  }

  private int serve(Connection connection) {
    try (connection) {
      ByteBuffer buffer = ByteBuffer.allocate(bytes);
      while (connection.read(buffer.clear()) != Io.END) {
        connection.writeFully(buffer.flip());
      }
    } catch (IOException e) {
      fail(e);
    }
    return bytes;
  }

  private void futures() throws IOException {
    try (EventLoop loop = EventLoop.builder().open()) {
      accept(listen(loop));
      loop.run();
    }
  }

  private void accept(Incoming<Connection> incoming) {
    incoming
        .takeAsync()
        .thenAccept(connection -> {
          next(connection, ByteBuffer.allocate(bytes));
          accept(incoming);
        })
        .exceptionally(TlsEcho::fail);
  }

  private static void next(Connection connection, ByteBuffer buffer) {
    connection
        .readAsync(buffer.clear())
        .thenCompose(n -> {
          if (n == Io.END) {
            connection.close();
            return CompletableFuture.completedFuture(n);
          }
          return connection.writeFullyAsync(buffer.flip());
        })
        .thenAccept(n -> {
          if (n != Io.END) {
            next(connection, buffer);
          }
        })
        .exceptionally(problem -> {
          connection.close();
          return fail(problem);
        });
  }

  private static <T> @Nullable T fail(Throwable problem) {
    Throwable cause = problem instanceof CompletionException ? problem.getCause() : problem;
    if (!String.valueOf(cause).contains("close_notify")) { // which a load that ends does not say
      ChildMain.fail(problem);
    }
    return null;
  }

  private void netty() throws InterruptedException {
    Channel listener =
        new ServerBootstrap()
            .group(NettyEcho.group(false))
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, EchoServer.BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    SSLEngine engine = context.createSSLEngine();
                    engine.setUseClientMode(false);
                    channel.pipeline().addLast(new SslHandler(engine), new NettyEchoes());
                  }
                })
            .bind(EchoServer.address())
            .sync()
            .channel();
    EchoServer.ready(((InetSocketAddress) listener.localAddress()).getPort());
    listener.closeFuture().sync();
  }

  /** Writes back what was read, and flushes after each reading. */
  private static final class NettyEchoes extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      context.write(message, context.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      ChildMain.fail(cause);
    }
  }

  private void virtualThreads() throws IOException {
    try (SSLServerSocket listener =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket()) {
      listener.bind(EchoServer.address(), EchoServer.BACKLOG);
      EchoServer.ready(listener.getLocalPort());
      while (true) {
        SSLSocket socket = (SSLSocket) listener.accept();
        socket.setTcpNoDelay(true);
        Thread.startVirtualThread(() -> serve(socket));
      }
    }
  }

  private void serve(SSLSocket socket) {
    try (socket) {
      byte[] buffer = new byte[bytes];
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      ChildMain.fail(e);
    }
  }
}
