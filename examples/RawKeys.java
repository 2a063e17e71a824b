import dev.selkie.*;
import dev.selkie.source.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Keys as they are pressed, and changes of the window, until q: both in one wait. However the
 * program ends, the terminal is as it was.
 */
void main() throws Exception {
  if (!Terminal.isTerminal(0)) {
    System.err.println("standard input is no terminal");
    System.exit(2);
  }
  try (EventQueue<String> queue = EventQueue.open();
      Terminal terminal = Terminal.of(0);
      WindowChanges window = terminal.windowChanges();
      RawMode _ = terminal.enterRawMode(Terminal.Keep.SIGNALS, Terminal.Keep.OUTPUT)) {
    queue.register(terminal, Interest.READABLE, "keys");
    queue.register(window, Interest.READABLE, "window");
    IO.println("press keys, q to leave");
    ByteBuffer keys = ByteBuffer.allocate(64);
    while (true) {
      for (Event<String> event : queue.await()) {
        if (event.attachment().equals("window")) {
          WindowSize size = window.poll();
          if (size != null) { // null: it is as large as before
            IO.println("window " + size.columns() + " x " + size.rows());
          }
        } else {
          int n = terminal.read(keys.clear());
          String text = StandardCharsets.UTF_8.decode(keys.flip()).toString();
          if (n == Io.END || text.equals("q")) {
            return;
          }
          text.codePoints().forEach(key -> IO.println("key " + Character.getName(key)));
        }
      }
    }
  }
}
