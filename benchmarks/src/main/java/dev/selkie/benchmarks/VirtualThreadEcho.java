package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;

/** Echo with a virtual thread for each connection and blocking sockets. */
final class VirtualThreadEcho {
  private VirtualThreadEcho() {}

  static void run() throws IOException {
    try (ServerSocket listener = new ServerSocket()) {
      listener.bind(EchoServer.address(), EchoServer.BACKLOG);
      EchoServer.ready(listener.getLocalPort());
      while (true) {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        Thread.startVirtualThread(() -> serve(socket));
      }
    }
  }

  private static void serve(Socket socket) {
    try (socket) {
      byte[] buffer = new byte[EchoServer.BUFFER_BYTES];
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
