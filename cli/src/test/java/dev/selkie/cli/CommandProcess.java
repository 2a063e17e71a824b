package dev.selkie.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A process whose output is read as it comes; every wait for it has a deadline. */
final class CommandProcess implements AutoCloseable {
  private static final int DEADLINE_SECONDS = 15;
  private static final String END = "end of output \u0000";

  private final Process process;
  private final BufferedReader out;
  private final BlockingQueue<String> outLines = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> errLines = new LinkedBlockingQueue<>();

  CommandProcess(ProcessBuilder builder) throws IOException {
    process = builder.start();
    process.getOutputStream().close();
    out = process.inputReader(StandardCharsets.UTF_8);
    read(out, outLines);
    read(process.errorReader(StandardCharsets.UTF_8), errLines);
  }

  private static void read(BufferedReader reader, BlockingQueue<String> lines) {
    Thread.ofPlatform()
        .daemon()
        .name("output-of-a-process")
        .start(() -> {
          try {
            for (String line; (line = reader.readLine()) != null; ) {
              lines.add(line);
            }
          } catch (IOException e) {
            // closed by the test
          } finally {
            lines.add(END);
          }
        });
  }

  long pid() {
    return process.pid();
  }

  /** The next line of its standard output. */
  String line() throws InterruptedException {
    return line(outLines);
  }

  /** The next line of its standard error. */
  String errorLine() throws InterruptedException {
    return line(errLines);
  }

  private String line(BlockingQueue<String> lines) throws InterruptedException {
    String line = lines.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
    if (line == null || line.equals(END)) {
      throw new AssertionError("no line; output: " + outLines + ", errors: " + errLines);
    }
    return line;
  }

  /** Waits for its end. */
  Captured end() throws InterruptedException {
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("does not end; output: " + outLines + ", errors: " + errLines);
    }
    return new Captured(process.exitValue(), rest(outLines), rest(errLines));
  }

  private static List<String> rest(BlockingQueue<String> lines) throws InterruptedException {
    List<String> rest = new ArrayList<>();
    while (true) {
      String line = lines.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (line == null) {
        throw new AssertionError("output does not end; so far: " + rest);
      }
      if (line.equals(END)) {
        return rest;
      }
      rest.add(line);
    }
  }

  /** Ends it, and what it started, if it has not ended by itself. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
