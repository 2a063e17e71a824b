import dev.selkie.*;
import dev.selkie.net.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;

interface Handler {
  void ready(Event<Handler> event) throws IOException;
}

/** The listener's registration: silent while no descriptor is left for another connection. */
static Registration<Handler> accepting;

record Echo(TcpStream stream, ByteBuffer buffer) implements Handler {
  public void ready(Event<Handler> event) throws IOException {
    try {
      if (event.isReadable() && stream.read(buffer) == Io.END) {
        close();
        return;
      }
      stream.write(buffer.flip());
      Interest next = buffer.compact().position() == 0 ? Interest.READABLE : Interest.WRITABLE;
      if (next != event.registration().interest()) {
        event.registration().modify(next); // a slow reader: first get rid of what it sent
      }
    } catch (IOException e) {
      close();
    }
  }

  private void close() throws IOException {
    stream.close(); // ends the registration too
    accepting.modify(Interest.READABLE); // a descriptor is free
  }
}

void main(String[] args) throws IOException {
  int port = args.length == 0 ? 0 : Integer.parseInt(args[0]);
  var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  try (EventQueue<Handler> queue = EventQueue.open();
      TcpListener listener = TcpListener.bind(address)) {
    Handler accept = _ -> {
      try {
        for (TcpStream stream; (stream = listener.accept()) != null; ) {
          var echo = new Echo(stream, ByteBuffer.allocateDirect(4096));
          queue.register(stream, Interest.READABLE, echo);
        }
      } catch (IOException e) {
        accepting.modify(Interest.NONE); // EMFILE: who waits stays in the backlog
      }
    };
    accepting = queue.register(listener, Interest.READABLE, accept);
    IO.println("echo at " + listener.localAddress());
    while (true) {
      for (Event<Handler> event : queue.await()) {
        event.attachment().ready(event);
      }
    }
  }
}
