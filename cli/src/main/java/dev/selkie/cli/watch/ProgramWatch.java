package dev.selkie.cli.watch;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Registration;
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
  private @Nullable Registration<Watched> ending;
  private @Nullable ExitStatus status;
  private boolean exitTold;

  ProgramWatch(String command) throws IOException {
    name = "run " + command;
    child =
        ChildProcess.builder("/bin/sh", "-c", command)
            .ownGroup()
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
    ending = queue.register(child, Interest.READABLE, this);
  }

  /** What it has printed comes before its end, which is asked for first. */
  @Override
  public @Nullable Happening next() throws IOException {
    if (status == null) {
      status = child.poll();
      if (status != null && ending != null) {
        ending.cancel(); // it would be reported as readable without end
      }
    }
    Happening line = line(outputLines, output, "output");
    if (line == null) {
      line = line(errorLines, errors, "errors");
    }
    return line == null && status != null && !exitTold ? exit(status) : line;
  }

  private @Nullable Happening line(LineReader lines, PipeReader source, String stream)
      throws IOException {
    if (!source.isOpen()) {
      return null;
    }
    String line = lines.next();
    if (lines.isOver()) {
      source.close(); // as it would be at its end
    }
    return line == null
        ? null
        : lines.tell(Happening.of(this, "line").with("stream", stream), line);
  }

  private Happening exit(ExitStatus how) {
    exitTold = true;
    Happening happening = Happening.of(this, "exit");
    String signal = how.signal();
    return signal == null ? happening.with("code", how.code()) : happening.with("signal", signal);
  }

  /** When it has ended, and whatever it left running has closed its output. */
  @Override
  public boolean isOver() {
    return exitTold && !output.isOpen() && !errors.isOpen();
  }

  /** Ends what it has started, as timeout(1) does, unless its end was told. */
  @Override
  public void close() {
    if (status == null) {
      try {
        child.killGroup("TERM");
      } catch (IOException e) {
        // then it goes on: a program that may not be ended, of another user
      }
    }
    child.close(); // and its pipes
  }
}
