package dev.selkie.cli.jvm;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * A JVM of this machine with event loops in it, reached by what every HotSpot JVM has: the attach
 * mechanism, its diagnostic commands, and the flight recorder, which they start for as long as it
 * is needed.
 */
public final class OtherJvm {
  private static final long COMMAND_SECONDS = 60;
  private static final String LOOP_CLASS = "dev.selkie.runtime.EventLoop";

  private final long pid;

  private OtherJvm(long pid) {
    this.pid = pid;
  }

  /**
   * Finds a JVM.
   *
   * @throws Failure if there is no such process, or no JVM, or none that this user may attach to,
   *     or none with an event loop in it
   */
  public static OtherJvm find(long pid) throws Failure {
    OtherJvm jvm = new OtherJvm(pid);
    if (!jvm.isAlive()) {
      throw Failure.failed("there is no process %d: jcmd -l lists the JVMs".formatted(pid));
    }
    jvm.properties();
    if (!jvm.command("VM.class_hierarchy", LOOP_CLASS).contains(LOOP_CLASS + "/")) {
      throw Failure.failed(
          "process %d has no event loop of Selkie in it (a bare event queue is not seen)"
              .formatted(pid));
    }
    return jvm;
  }

  long pid() {
    return pid;
  }

  /** Whether the process has not ended. */
  public boolean isAlive() {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  /** The failure to tell of when the process ends while it is looked at. */
  public Failure ended() {
    return Failure.failed("process %d has ended".formatted(pid));
  }

  private Properties properties() throws Failure {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      try {
        return machine.getSystemProperties();
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException | IOException e) {
      if (!isAlive()) {
        throw ended();
      }
      throw Failure.failed(
          ("cannot attach to process %d: it must be a JVM of the same user that was not started with"
                  + " -XX:+DisableAttachMechanism") // the cause may quote the arguments of others
              .formatted(pid),
          e);
    }
  }

  /** Runs a diagnostic command of the JVM, and returns what it says. */
  private String command(String... words) throws Failure {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    if (!Files.isExecutable(jcmd)) {
      throw Failure.failed("there is no " + jcmd + ": run selkie by a JDK, which has it");
    }
    List<String> line = new ArrayList<>(List.of(jcmd.toString()));
    line.add("-J-XX:+UseSerialGC");
    line.add("-J-XX:TieredStopAtLevel=1");
    line.add(Long.toString(pid));
    line.addAll(List.of(words));
    try {
      Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String told = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
      if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw Failure.failed("process %d does not answer %s".formatted(pid, words[0]));
      }
      if (process.exitValue() != 0) {
        throw refused(words[0], told);
      }
      return told;
    } catch (IOException e) {
      throw Failure.failed("cannot run " + jcmd + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("interrupted", e);
    }
  }

  private Failure refused(String command, String told) {
    if (!isAlive()) {
      return ended();
    }
    String reason =
        told.lines()
            .filter(line -> !line.equals(pid + ":") && !line.isBlank())
            .findFirst()
            .orElse("it says nothing");
    return Failure.failed(
        "process %d refuses %s: %s".formatted(pid, command, Output.printable(reason)));
  }

  /** Has the JVM record some events, and nothing else, until the recording is closed. */
  FlightRecording record(String name, String... events) throws Failure {
    String recording = "selkie-%s-%d".formatted(name, ProcessHandle.current().pid());
    List<String> words = new ArrayList<>();
    words.add("JFR.start");
    words.add("name=" + recording);
    words.add("settings=none");
    words.add("maxage=1m"); // should nobody stop it
    for (String event : events) {
      words.add("+%s#enabled=true".formatted(event));
    }
    String told = command(words.toArray(String[]::new));
    if (!told.contains("Started recording")) {
      throw refused("JFR.start", told);
    }
    return new FlightRecording(recording);
  }

  /** A recording of the JVM, which is stopped at the end. */
  final class FlightRecording implements AutoCloseable {
    private final String name;
    private boolean stopped;

    private FlightRecording(String name) {
      this.name = name;
    }

    /** Where the JVM's recorder keeps what it has not written elsewhere. */
    Path repository() throws Failure {
      String folder = properties().getProperty("jdk.jfr.repository");
      if (folder == null) {
        throw refused("JFR.start", "its flight recorder has no folder");
      }
      return Path.of(folder);
    }

    /** Stops it, and returns what it holds. */
    List<RecordedEvent> stop() throws Failure {
      Path folder = null;
      Path file = null;
      try {
        folder = Files.createTempDirectory("selkie-");
        file = folder.resolve("recording.jfr");
        String told = command("JFR.stop", "name=" + name, "filename=\"" + file + "\"");
        stopped = told.contains("Stopped recording");
        if (!Files.exists(file)) {
          throw refused("JFR.stop", told);
        }
        return RecordingFile.readAllEvents(file);
      } catch (IOException e) {
        throw Failure.failed("cannot read the recording of process %d: %s".formatted(pid, e), e);
      } finally {
        delete(file);
        delete(folder);
      }
    }

    private static void delete(@Nullable Path path) {
      try {
        if (path != null) {
          Files.deleteIfExists(path);
        }
      } catch (IOException e) {
        // a file too many in the temporary folder
      }
    }

    @Override
    public void close() {
      if (!stopped && isAlive()) {
        stopped = true;
        try {
          command("JFR.stop", "name=" + name);
        } catch (Failure e) {
          // It has ended meanwhile; or the age that bounds the recording will do.
        }
      }
    }
  }

  /** The dumps of its loops, one after the other; empty if it has none any more. */
  public String dump() throws Failure {
    try (FlightRecording recording = record("dump", "dev.selkie.Dump")) {
      TreeMap<String, TreeMap<Integer, String>> parts = new TreeMap<>();
      for (RecordedEvent event : recording.stop()) {
        if (event.getEventType().getName().equals("dev.selkie.Dump")) {
          parts
              .computeIfAbsent(event.getString("loop"), _ -> new TreeMap<>())
              .put(event.getInt("part"), event.getString("text"));
        }
      }
      StringBuilder dump = new StringBuilder();
      parts.values().forEach(text -> text.values().forEach(dump::append));
      return dump.toString();
    }
  }
}
