package dev.selkie;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** The samples that the Javadoc shows. */
final class Samples {
  private Samples() {}

  static void connect(InetSocketAddress address) throws IOException {
    // @start region="connect"
    try (EventQueue<String> queue = EventQueue.open();
        TcpStream stream = TcpStream.connect(address)) {
      queue.register(stream, Interest.WRITABLE, "greeting");
      for (Event<String> event : queue.await(Duration.ofSeconds(1))) {
        System.out.println(event.attachment() + " is connected: " + stream.finishConnect());
      }
    }
    // @end
  }

  static Kernel faults() {
    // @start region="faults"
    FaultyKernel kernel = new FaultyKernel(Kernel.system());
    kernel.on(SystemCall.ACCEPT).fromCall(2).times(1).fail(Errno.EMFILE);
    kernel.on(SystemCall.SEND).shorten(7);
    // @end
    return kernel;
  }
}
