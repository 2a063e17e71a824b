import dev.selkie.*;
import dev.selkie.source.RawSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Prints what comes by a descriptor that the program was started with, until its end:
 *
 * <pre>
 * ./selkie run examples/Inherited.java 3 3&lt; &lt;(date)
 * </pre>
 *
 * <p>A recipe: the number is the argument, and {@link RawSource#own} takes charge of it. It could
 * be a socket as well, or a device.
 */
void main(String[] args) throws Exception {
  if (args.length != 1) {
    System.err.println("give the number of a descriptor");
    System.exit(2);
  }
  ByteBuffer buffer = ByteBuffer.allocate(4096);
  try (EventQueue<RawSource> queue = EventQueue.open();
      RawSource input = RawSource.own(Integer.parseInt(args[0]))) {
    queue.register(input, Interest.READABLE, input);
    while (true) {
      for (Event<RawSource> event : queue.await()) {
        int n = event.attachment().read(buffer.clear());
        if (n == Io.END) {
          return;
        }
        IO.print(StandardCharsets.UTF_8.decode(buffer.flip()));
      }
    }
  } catch (java.io.IOException e) {
    System.err.println(e.getMessage());
    System.exit(1);
  }
}
