package dev.selkie.conformance;

import dev.selkie.Interest;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * Makes descriptors while fcntl(2) fails, by a library that heeds the files of a folder, and looks
 * that none is left.
 */
final class SetAfterwards {
  private final Kernel kernel = Kernel.system();
  private final Path folder;

  private SetAfterwards(Path folder) {
    this.folder = folder;
  }

  /** Runs; the argument is the folder. */
  public static void main(String[] arguments) throws IOException {
    SetAfterwards program = new SetAfterwards(Path.of(arguments[0]));
    program.without("F_SETFD");
    program.without("F_SETFL");
    program.inherited();
  }

  private void without(String command) throws IOException {
    Files files = kernel.files();
    Sockets sockets = kernel.sockets();
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream _ = TcpStream.connect(kernel, listener.localAddress())) {
      int number = listener.descriptor().number();
      Ready.await(Configuration.machine("child", "epoll"), listener, Interest.READABLE);
      Map<String, String> before = DescriptorLeaks.open();
      Path failing = java.nio.file.Files.createFile(folder.resolve(command));
      List<String> closed = new ArrayList<>();
      refused("pipe", closed, () -> files.pipe(new int[2]));
      refused("socketpair", closed, () -> sockets.pair(Sockets.Type.STREAM, new int[2]));
      refused("socket", closed, () -> sockets.socket(Sockets.Domain.INET, Sockets.Type.STREAM));
      if (command.equals("F_SETFD")) {
        refused("accept", closed, () -> sockets.accept(number, null));
      } else { // it inherits what fcntl need not set then
        files.close(SystemCalls.check("accept", sockets.accept(number, null)));
      }
      java.nio.file.Files.delete(failing);
      Map<String, String> after = DescriptorLeaks.open();
      if (!after.equals(before)) {
        throw new AssertionError(command + " fails: " + before + " became " + after);
      }
      System.out.println(command + " fails: " + String.join(", ", closed) + " are closed");
    }
  }

  private static void refused(String what, List<String> closed, IntSupplier call) {
    int result = call.getAsInt();
    if (result != -Errno.EPERM.number()) {
      throw new AssertionError(what + " returns " + result);
    }
    closed.add(what);
  }

  private void inherited() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream _ = TcpStream.connect(kernel, listener.localAddress())) {
      Ready.await(Configuration.machine("child", "epoll"), listener, Interest.READABLE);
      try (TcpStream server = listener.accept()) {
        OtherPlatformTest.Flags.requireBoth(server.descriptor().number());
        System.out.println("accepted: close-on-exec and non-blocking");
      }
    }
  }
}
