import dev.selkie.*;
import dev.selkie.source.ChannelSource;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;

/**
 * A channel of the JDK and a pipe of Selkie's in one wait: prints what comes by either.
 *
 * <p>The JVM needs {@code --add-exports java.base/sun.nio.ch=ALL-UNNAMED}, since the JDK keeps its
 * descriptors to itself.
 */
interface Reading {
  void into(ByteBuffer buffer) throws IOException;
}

static ByteBuffer text(String text) {
  return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
}

void main() throws Exception {
  DatagramChannel channel =
      DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  channel.configureBlocking(false);
  ByteBuffer buffer = ByteBuffer.allocate(1500);
  try (EventQueue<Reading> queue = EventQueue.open();
      ChannelSource<DatagramChannel> datagrams = ChannelSource.of(channel);
      PipePair pipe = PipePair.open()) {
    queue.register(datagrams, Interest.READABLE, channel::receive);
    queue.register(pipe.reader(), Interest.READABLE, pipe.reader()::read);
    channel.send(text("by the JDK's channel"), channel.getLocalAddress());
    pipe.writer().write(text("by Selkie's pipe"));
    for (int i = 0; i < 2; ) {
      for (Event<Reading> event : queue.await()) {
        event.attachment().into(buffer.clear());
        IO.println(StandardCharsets.US_ASCII.decode(buffer.flip()));
        i++;
      }
    }
  } catch (UnsupportedOperationException e) {
    System.err.println(e.getMessage());
    System.exit(1);
  }
}
