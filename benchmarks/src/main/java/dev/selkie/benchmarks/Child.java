package dev.selkie.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process of a comparison, which answers lines with lines of {@code name=value} words.
 *
 * <p>It ends when its standard input does, so that none outlives this process; {@link #close} and
 * the end of this JVM end it too.
 */
final class Child implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(30);
  private static final Duration END = Duration.ofSeconds(2);
  private static final String GONE = "error the process has ended";
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
  }

  private final Process process;
  private final OutputStream commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private Child(Process process) {
    this.process = process;
    this.commands = process.getOutputStream();
    Thread.ofPlatform().daemon().name("answers of " + process.pid()).start(this::readAnswers);
  }

  /** Starts a program; {@link #ready} then waits for it. */
  static Child start(List<String> command) throws ChildException {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      RUNNING.add(process);
      return new Child(process);
    } catch (IOException e) {
      throw new ChildException(Objects.toString(e.getMessage()));
    }
  }

  /** What a program says when it is set up. */
  Map<String, Long> ready() throws ChildException {
    return answer(START);
  }

  /** Sends a command and waits for its answer. */
  Map<String, Long> ask(String command, Duration deadline) throws ChildException {
    try {
      commands.write((command + "\n").getBytes(StandardCharsets.US_ASCII));
      commands.flush();
    } catch (IOException e) {
      // It has ended: its last answer, or its silence, says why.
    }
    return answer(deadline);
  }

  long pid() {
    return process.pid();
  }

  private Map<String, Long> answer(Duration deadline) throws ChildException {
    String line;
    try {
      line = answers.poll(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChildException("interrupted");
    }
    if (line == null) {
      throw new ChildException("no answer in " + deadline.toSeconds() + " s");
    }
    if (line.startsWith("error ")) {
      throw new ChildException(line.substring("error ".length()));
    }
    Map<String, Long> values = new LinkedHashMap<>();
    for (String word : line.split(" ")) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), Long.valueOf(word.substring(equals + 1)));
      }
    }
    return values;
  }

  private void readAnswers() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.add(line);
      }
    } catch (IOException e) {
      // The stream ends with the process.
    }
    answers.add(GONE);
  }

  @Override
  public void close() {
    try {
      commands.close();
    } catch (IOException e) {
      // It has ended.
    }
    try {
      if (!process.waitFor(END)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    RUNNING.remove(process);
  }
}
