import dev.selkie.*;
import dev.selkie.source.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A log that any program appends to by {@code echo line > FIFO}, until a line says stop. The reader
 * lasts: it has no end when one of the writers goes.
 */
void main(String[] arguments) throws Exception {
  Fifo fifo = Fifo.make(Path.of(arguments[0]), 0600);
  try (EventQueue<String> queue = EventQueue.open();
      PipeReader reader = fifo.openLastingReader()) {
    queue.register(reader, Interest.READABLE, "log");
    IO.println("reading " + fifo.path());
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    int lines = 0;
    while (true) {
      queue.await();
      while (reader.read(bytes) > 0) {
        String text = StandardCharsets.UTF_8.decode(bytes.flip()).toString();
        int end = text.lastIndexOf('\n') + 1; // a line may come in pieces
        for (String line : text.substring(0, end).lines().toList()) {
          if (line.equals("stop")) {
            return;
          }
          IO.println(++lines + ": " + line);
        }
        bytes.clear().put(text.substring(end).getBytes(StandardCharsets.UTF_8));
      }
    }
  } finally {
    fifo.delete();
  }
}
