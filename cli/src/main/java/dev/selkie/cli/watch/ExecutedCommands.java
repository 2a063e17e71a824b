package dev.selkie.cli.watch;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ChildProcessBuilder;
import dev.selkie.source.ExitStatus;
import dev.selkie.source.Redirect;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A command that is run at each event, one at a time and in order. */
final class ExecutedCommands implements Watched {
  /** With so many events waiting for the command no more are taken. */
  private static final int MOST_WAITING = 256;

  private static final int STANDARD_ERROR = 2;

  private final @Nullable String command;
  private final boolean aside;
  private final Consumer<String> warnings;
  private final EventQueue<Watched> queue;
  private final Queue<Happening> waiting = new ArrayDeque<>();
  private @Nullable ChildProcess running;
  private boolean failed;

  /**
   * Has run nothing yet.
   *
   * @param command a line for the shell, if there is one
   * @param aside whether what it prints goes to the standard error
   */
  ExecutedCommands(
      @Nullable String command,
      boolean aside,
      EventQueue<Watched> queue,
      Consumer<String> warnings) {
    this.command = command;
    this.aside = aside;
    this.queue = queue;
    this.warnings = warnings;
  }

  boolean isFull() {
    return waiting.size() >= MOST_WAITING;
  }

  boolean isIdle() {
    return running == null && waiting.isEmpty();
  }

  /** Whether a command could not be run. */
  boolean hasFailed() {
    return failed;
  }

  /** Runs the command, if there is one, after those that run already. */
  void run(Happening happening) {
    if (command != null) {
      waiting.add(happening);
      proceed();
    }
  }

  private void proceed() {
    while (running == null && !waiting.isEmpty()) {
      try {
        start(waiting.remove());
      } catch (IOException e) {
        failed = true;
        warnings.accept("the command of --exec was not run: " + e.getMessage());
      }
    }
  }

  private void start(Happening happening) throws IOException {
    Map<String, String> variables = new HashMap<>();
    happening.tell(variables);
    ChildProcessBuilder builder =
        ChildProcess.builder("/bin/sh", "-c", Objects.requireNonNull(command)).input(Redirect.NULL);
    variables.forEach(builder::variable);
    if (aside) {
      builder.output(Redirect.descriptor(STANDARD_ERROR));
    }
    ChildProcess child = builder.start();
    try {
      queue.register(child, Interest.READABLE, this);
    } catch (IOException e) {
      child.close();
      throw e;
    }
    running = child;
  }

  @Override
  public String name() {
    return "--exec";
  }

  /** Takes the end of a command, and begins the next; never tells anything. */
  @Override
  public @Nullable Happening next() throws IOException {
    ChildProcess child = running;
    ExitStatus status = child == null ? null : child.poll();
    if (child != null && status != null) {
      child.close();
      running = null;
      if (!status.isSuccess()) {
        warnings.accept("the command of --exec ended with " + status);
      }
      proceed();
    }
    return null;
  }

  @Override
  public void register(EventQueue<Watched> unused) {
    // each command is registered as it begins
  }

  @Override
  public void close() {
    if (running != null) {
      running.close();
    }
  }
}
