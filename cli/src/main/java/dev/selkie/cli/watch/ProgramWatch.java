package dev.selkie.cli.watch;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ExitStatus;
import dev.selkie.source.PipeReader;
import dev.selkie.source.Redirect;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A command that the shell runs: the lines that it prints, and its end. */
final class ProgramWatch implements Watched {
  private final String name;
  private final ChildProcess child;
  private final PipeReader output;
  private final PipeReader errors;
  private final LineReader outputLines;
  private final LineReader errorLines;
  private boolean exitTold;

  ProgramWatch(String command) throws IOException {
    name = "run " + command;
    child =
        ChildProcess.builder("/bin/sh", "-c", command)
            .input(Redirect.NULL)
            .output(Redirect.PIPE)
            .errors(Redirect.PIPE)
            .start();
    output = Objects.requireNonNull(child.output());
    errors = Objects.requireNonNull(child.errors());
    outputLines = new LineReader(output);
    errorLines = new LineReader(errors);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void register(EventQueue<Watched> queue) throws IOException {
    queue.register(output, Interest.READABLE, this);
    queue.register(errors, Interest.READABLE, this);
    queue.register(child, Interest.READABLE, this);
  }

  /** What it has printed comes before its end. */
  @Override
  public @Nullable Happening next() throws IOException {
    Happening line = line(outputLines, output, "output");
    if (line == null) {
      line = line(errorLines, errors, "errors");
    }
    return line == null && !exitTold ? exit() : line;
  }

  private @Nullable Happening line(LineReader lines, PipeReader source, String stream)
      throws IOException {
    if (!source.isOpen()) {
      return null;
    }
    String line = lines.next();
    if (lines.isOver()) {
      source.close(); // as below
    }
    return line == null
        ? null
        : Happening.of(this, "line").with("stream", stream).with("text", line);
  }

  private @Nullable Happening exit() throws IOException {
    ExitStatus status = child.poll();
    if (status == null) {
      return null;
    }
    exitTold = true;
    child.close(); // it would be told of as readable without end
    Happening happening = Happening.of(this, "exit");
    String signal = status.signal();
    return signal == null
        ? happening.with("code", status.code())
        : happening.with("signal", signal);
  }

  /** When it has ended, and whatever it left running has closed its output. */
  @Override
  public boolean isOver() {
    return exitTold && !output.isOpen() && !errors.isOpen();
  }

  @Override
  public void close() {
    output.close();
    errors.close();
    child.close();
  }
}
