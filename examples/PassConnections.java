import dev.selkie.*;
import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Passes TCP connections from one process to another over a Unix socket: the front accepts them,
 * the worker serves them, and could be replaced by a newer one while the front stays.
 *
 * <pre>
 * ./selkie run examples/PassConnections.java front /tmp/front.sock
 * ./selkie run examples/PassConnections.java worker /tmp/front.sock
 * </pre>
 */
void main(String[] args) throws Exception {
  if (args.length != 2) {
    System.err.println("say front or worker, and the path of their socket");
    System.exit(2);
  }
  UnixAddress path = UnixAddress.path(args[1]);
  if (args[0].equals("front")) {
    front(path);
  } else {
    work(path);
  }
}

void front(UnixAddress path) throws IOException {
  var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  UnixStream worker = null; // the newest
  try (EventQueue<Source> queue = EventQueue.open();
      TcpListener clients = TcpListener.bind(any);
      AncillaryData data = new AncillaryData();
      UnixListener workers =
          UnixListener.builder().replaceStale().removeOnClose().permissions(0600).bind(path)) {
    queue.register(workers, Interest.READABLE, workers);
    IO.println("port " + clients.localAddress().getPort());
    while (true) {
      for (Event<Source> event : queue.await()) {
        if (event.attachment() == workers) {
          UnixStream next = workers.accept();
          if (next == null) {
            continue;
          }
          IO.println("worker is process " + next.peerCredentials().pid());
          if (worker == null) {
            queue.register(clients, Interest.READABLE, clients); // now they can be served
          } else {
            worker.close(); // it serves those that it has to the end
          }
          worker = next;
        } else {
          try (TcpStream client = clients.accept()) { // here it is closed, there it stays open
            if (client != null && worker != null) {
              worker.send(ByteBuffer.allocate(1), data.pass(client));
            }
          } catch (IOException e) {
            System.err.println("the worker is gone: " + e.getMessage());
          } finally {
            data.close(); // what was not sent will not be
          }
        }
      }
    }
  }
}

void work(UnixAddress path) throws IOException {
  String answer = "served by process " + ProcessHandle.current().pid() + "\n";
  ByteBuffer buffer = ByteBuffer.allocate(64);
  try (EventQueue<UnixStream> queue = EventQueue.open();
      AncillaryData data = new AncillaryData();
      UnixStream front = UnixStream.connect(path)) {
    queue.register(front, Interest.READABLE, front);
    while (true) {
      for (Event<UnixStream> event : queue.await()) {
        if (front.receive(buffer.clear(), data) == Io.END) {
          return;
        }
        while (data.descriptorCount() > 0) {
          try (TcpStream client = data.take(TcpStream::adopt)) {
            client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
          }
        }
      }
    }
  }
}
