import dev.selkie.*;
import dev.selkie.net.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;

interface Handler {
  void ready(Event<Handler> event) throws IOException;
}

record Echo(TcpStream stream, ByteBuffer buffer) implements Handler {
  public void ready(Event<Handler> event) throws IOException {
    try {
      if (event.isReadable() && stream.read(buffer) == Io.END) {
        stream.close(); // ends the registration too
        return;
      }
      stream.write(buffer.flip());
      Interest next = buffer.compact().position() == 0 ? Interest.READABLE : Interest.WRITABLE;
      if (next != event.registration().interest()) {
        event.registration().modify(next); // a slow reader: first get rid of what it sent
      }
    } catch (IOException e) {
      stream.close();
    }
  }
}

void main(String[] args) throws IOException {
  int port = args.length == 0 ? 0 : Integer.parseInt(args[0]);
  var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  try (EventQueue<Handler> queue = EventQueue.open();
      TcpListener listener = TcpListener.bind(address)) {
    Handler accept = _ -> {
      for (TcpStream stream; (stream = listener.accept()) != null; ) {
        var echo = new Echo(stream, ByteBuffer.allocateDirect(4096));
        queue.register(stream, Interest.READABLE, echo);
      }
    };
    queue.register(listener, Interest.READABLE, accept);
    IO.println("echo at " + listener.localAddress());
    while (true) {
      for (Event<Handler> event : queue.await()) {
        event.attachment().ready(event);
      }
    }
  }
}
