import dev.selkie.Envelope;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.UdpSocket;
import dev.selkie.runtime.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;

/** An echo server of datagrams: one fiber on an event loop answers whoever sends. */
static Object echo(Datagrams service) throws IOException {
  ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16); // more than a datagram holds
  Envelope envelope = new Envelope();
  while (true) {
    try {
      service.receive(buffer.clear(), envelope); // parks the fiber
      service.send(buffer.flip(), envelope); // to the sender
    } catch (SystemCallException e) {
      System.err.println(e.getMessage()); // one datagram is lost, and the socket stays usable
    }
  }
}

void main(String[] args) throws Exception {
  int port = args.length == 0 ? 0 : Integer.parseInt(args[0]);
  var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  try (EventLoop loop = EventLoop.start()) {
    UdpSocket socket = UdpSocket.bind(address);
    Datagrams service = loop.attach(socket);
    IO.println("echo at " + socket.localAddress());
    loop.fiber(() -> echo(service)).join();
  }
}
