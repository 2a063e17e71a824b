package dev.selkie.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * One server of the echo comparison, as a process: {@code EchoServer PEER [PATH]}, by TCP or, for
 * some peers, by a Unix socket at the path.
 *
 * <p>Each is the program that its library leads to: one thread, one queue, and for each message one
 * read and one write. The load has one message under way on a connection, so that a write that
 * falls short is an error.
 */
final class EchoServer {
  static final int BUFFER_BYTES = 4096;
  static final int BACKLOG = 4096;

  private EchoServer() {}

  public static void main(String[] args) {
    ServerQuestions.answer();
    try {
      run(Peer.ofWord(args[0]), args.length == 1 ? address() : UnixDomainSocketAddress.of(args[1]));
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private static void run(Peer peer, SocketAddress address) throws Exception {
    switch (peer) {
      case SELKIE -> SelkieEcho.run(address);
      case NIO -> NioEcho.run(true, address);
      case NIO_KEYS -> NioEcho.run(false, address);
      case NETTY_EPOLL -> NettyEcho.run(true);
      case NETTY_NIO -> NettyEcho.run(false);
      case VIRTUAL_THREADS -> VirtualThreadEcho.run();
      case CALLBACKS -> LoopEcho.callbacks();
      case FUTURES -> LoopEcho.futures();
      case TASKS -> LoopEcho.tasks();
      case FIBERS -> LoopEcho.fibers(true);
      case FIBERS_OF_JDK -> LoopEcho.fibers(false);
      default -> throw new IllegalArgumentException(peer + " is no server in Java");
    }
  }

  static InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
  }

  static void ready(SocketAddress local) {
    ready(local instanceof InetSocketAddress internet ? internet.getPort() : 0);
  }

  static void ready(int port) {
    ChildMain.answer("ready port=%d", port);
  }

  static IOException shortWrite() {
    return new IOException("a write fell short: the load must have one message under way");
  }
}
