import dev.selkie.*;
import dev.selkie.source.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Children in a queue, without a thread each: some that are told apart by their exit, one whose
 * output is read and which is ended by a signal, and one that somebody else has started.
 */
void main() throws Exception {
  try (EventQueue<Object> queue = EventQueue.open()) {
    List<String> scripts = List.of("exit 0", "sleep 0.1; exit 3", "sleep 0.2; kill -KILL $$");
    for (String script : scripts) {
      ChildProcess child = ChildProcess.builder("sh", "-c", script).input(Redirect.NULL).start();
      queue.register(child, Interest.READABLE, child);
    }
    ChildProcess counting =
        ChildProcess.builder("sh", "-c", "i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done")
            .ownGroup()
            .input(Redirect.NULL)
            .output(Redirect.PIPE)
            .start();
    queue.register(counting, Interest.READABLE, counting);
    queue.register(counting.output(), Interest.READABLE, counting.output());
    ProcessWatch foreign = ProcessWatch.of(new ProcessBuilder("sleep", "0.3").start());
    queue.register(foreign, Interest.READABLE, foreign);

    ByteBuffer buffer = ByteBuffer.allocate(4096);
    int running = scripts.size() + 2;
    while (running > 0) {
      for (Event<Object> event : queue.await(Duration.ofSeconds(10))) {
        switch (event.attachment()) {
          case PipeReader output -> {
            if (output.read(buffer.clear()) == Io.END) {
              output.close();
            } else if (StandardCharsets.UTF_8.decode(buffer.flip()).toString().contains("3\n")) {
              counting.killGroup("TERM"); // the shell, and what it has started
            }
          }
          case ChildProcess child -> {
            ExitStatus status = child.poll();
            if (status != null) { // null: it has not ended, after all
              IO.println(child.equals(counting) ? "counting: " + status : status.toString());
              child.close();
              running--;
            }
          }
          case ProcessWatch watch -> {
            ExitStatus status = watch.poll();
            if (status != null) {
              IO.println("of the JDK: " + status);
              watch.close();
              running--;
            }
          }
          default -> throw new AssertionError(event);
        }
      }
    }
  }
}
