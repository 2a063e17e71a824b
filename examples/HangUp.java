import dev.selkie.*;
import dev.selkie.source.*;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A daemon's signals in the loop that does all else: HUP reads the settings again, USR1 tells how it
 * is, INT (Ctrl-C) and TERM end it in order.
 */
void main(String[] arguments) throws Exception {
  Path settings = Path.of(arguments[0]);
  try (EventQueue<String> queue = EventQueue.open();
      SignalSource signals = SignalSource.of("HUP", "USR1", "INT", "TERM")) {
    queue.register(signals, Interest.READABLE, "signals");
    String current = Files.readString(settings).strip();
    IO.println("process " + ProcessHandle.current().pid() + " with " + current);
    while (true) {
      for (Event<String> event : queue.await()) {
        SignalEvent signal = signals.poll();
        if (signal == null) {
          continue; // nothing to tell, after all
        }
        switch (signal.name()) {
          case "HUP" -> {
            current = Files.readString(settings).strip(); // once, however often it came
            IO.println("read again: " + current);
          }
          case "USR1" -> IO.println("well, with " + current);
          default -> {
            IO.println("ends on " + signal.name());
            return;
          }
        }
      }
    }
  }
}
