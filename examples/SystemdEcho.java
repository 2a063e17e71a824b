import dev.selkie.net.*;
import dev.selkie.runtime.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * An echo server as a service of systemd, with the socket that systemd listens at in its stead, or
 * one of its own if it was started by hand. A unit that starts it:
 *
 * <pre>
 * [Service]
 * Type=notify
 * WatchdogSec=10
 * ExecStart=/opt/selkie/selkie run examples/SystemdEcho.java
 * </pre>
 *
 * <p>and {@code ListenStream=7777}, or a path, in the unit of the same name that ends in .socket.
 */
static Object echo(Connection connection) throws IOException {
  try (connection) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    while (connection.read(buffer.clear()) >= 0) {
      connection.writeFully(buffer.flip());
    }
    return "end";
  }
}

static StreamListener<?> listener(InheritedSockets inherited) throws IOException {
  StreamListener<?> given = inherited.takeFirst(StreamListener.class);
  return given != null
      ? given
      : TcpListener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
}

/** Called by the loop: when that hangs systemd hears nothing more, and starts the service again. */
static void live(ServiceManager manager) {
  try {
    manager.watchdog();
  } catch (IOException e) {
    System.err.println(e.getMessage());
  }
}

void main() throws Exception {
  try (InheritedSockets inherited = InheritedSockets.take();
      ServiceManager manager = ServiceManager.fromEnvironment();
      EventLoop loop = EventLoop.start()) {
    StreamListener<?> listener = listener(inherited);
    Incoming<Connection> incoming = loop.listen(listener);
    IO.println("echo at " + listener.localAddress());
    manager.status("echo at " + listener.localAddress());
    manager.ready();
    if (manager.watchdogInterval().isPresent()) {
      long half = manager.watchdogInterval().get().dividedBy(2).toMillis();
      loop.scheduleAtFixedRate(() -> live(manager), 0, half, TimeUnit.MILLISECONDS);
    }
    for (int served = 0; true; served++) {
      Connection connection = incoming.take();
      manager.status(served + " served before");
      loop.fiber(() -> echo(connection));
    }
  }
}
