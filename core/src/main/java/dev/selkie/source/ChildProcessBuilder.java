package dev.selkie.source;

import dev.selkie.Source;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Spawn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a child is started with; {@link #start} may be called any number of times.
 *
 * <p>Unless told otherwise a child has this process's environment, folder, process group and
 * standard descriptors. It has no other descriptor, whatever is open here, by the JDK or anyone.
 *
 * <p><b>Concurrency.</b> For one thread at a time.
 */
public final class ChildProcessBuilder {
  /** Standard input, output and error. */
  private static final int STANDARD = 3;

  private static final int JOIN_NONE = -1;
  private static final int OWN_GROUP = 0;

  private final String program;
  private final List<String> arguments = new ArrayList<>();
  private final SortedMap<Integer, Redirect> redirects = new TreeMap<>();

  /** What differs from the environment that it begins with; a null value stands for none. */
  private final Map<String, @Nullable String> variables = new TreeMap<>();

  private @Nullable List<String> environment;
  private @Nullable Kernel kernel;
  private @Nullable String folder;
  private int group = JOIN_NONE;

  ChildProcessBuilder(String program, List<String> arguments) {
    this.program = text("a program", "program", program);
    if (program.isEmpty()) {
      throw new IllegalArgumentException("a program without a name");
    }
    this.arguments.add(program);
    arguments.forEach(this::argument);
    for (int number = 0; number < STANDARD; number++) {
      redirects.put(number, Redirect.INHERIT);
    }
  }

  /** The system would take the text for shorter than it is. */
  private static String text(String what, String name, String text) {
    Objects.requireNonNull(text, name);
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          what
              + " with a NUL character at "
              + text.indexOf('\0')
              + ": the system ends texts by it");
    }
    return text;
  }

  /** The kernel on which it is started, instead of the current one. */
  public ChildProcessBuilder kernel(Kernel kernel) {
    this.kernel = Objects.requireNonNull(kernel, "kernel");
    return this;
  }

  /** A further argument. */
  public ChildProcessBuilder argument(String argument) {
    arguments.add(text("an argument", "argument", argument));
    return this;
  }

  /** The name by which the program is called, its argument 0, instead of its file's. */
  public ChildProcessBuilder name(String name) {
    arguments.set(0, text("a name", "name", name));
    return this;
  }

  /** Begins with an empty environment, in place of this process's. */
  public ChildProcessBuilder clearEnvironment() {
    return environment(List.of());
  }

  /**
   * Begins with this environment, in place of this process's.
   *
   * @param entries {@code NAME=value} each
   * @throws IllegalArgumentException if an entry has no {@code =}, or no name before it
   */
  public ChildProcessBuilder environment(List<String> entries) {
    for (String entry : Objects.requireNonNull(entries, "entries")) {
      if (text("an environment entry", "entry", entry).indexOf('=') <= 0) {
        throw new IllegalArgumentException(
            "an environment entry '" + entry + "': it must be NAME=value");
      }
    }
    environment = List.copyOf(entries);
    variables.clear();
    return this;
  }

  /**
   * Sets a variable of the environment.
   *
   * @throws IllegalArgumentException if the name is empty or has a {@code =}
   */
  public ChildProcessBuilder variable(String name, String value) {
    variables.put(variableName(name), text("a variable", "value", value));
    return this;
  }

  /** Takes a variable out of the environment. */
  public ChildProcessBuilder withoutVariable(String name) {
    variables.put(variableName(name), null);
    return this;
  }

  private static String variableName(String name) {
    if (text("a variable's name", "name", name).isEmpty() || name.indexOf('=') >= 0) {
      throw new IllegalArgumentException(
          "a variable of the name '" + name + "': it must have one, without a =");
    }
    return name;
  }

  /** The working folder. A program that is given by a relative path is looked for from there. */
  public ChildProcessBuilder folder(String path) {
    folder = text("a folder", "path", path);
    return this;
  }

  /** Makes it the leader of a process group of its own, for {@link ChildProcess#killGroup}. */
  public ChildProcessBuilder ownGroup() {
    group = OWN_GROUP;
    return this;
  }

  /**
   * Has it join a process group of this session, setpgid(2).
   *
   * @throws IllegalArgumentException if the number is not positive
   */
  public ChildProcessBuilder group(int number) {
    if (number <= 0) {
      throw new IllegalArgumentException("a process group of number " + number);
    }
    group = number;
    return this;
  }

  /** What it reads as standard input. */
  public ChildProcessBuilder input(Redirect redirect) {
    return redirect(0, redirect);
  }

  /** What it writes standard output to. */
  public ChildProcessBuilder output(Redirect redirect) {
    return redirect(1, redirect);
  }

  /** What it writes standard error to. */
  public ChildProcessBuilder errors(Redirect redirect) {
    return redirect(2, redirect);
  }

  private ChildProcessBuilder redirect(int number, Redirect redirect) {
    Objects.requireNonNull(redirect, "redirect");
    if (redirect.kind == Redirect.Kind.OUTPUT && number != 2) {
      throw new IllegalArgumentException(
          "Redirect.OUTPUT is for standard error: it cannot be the child's descriptor " + number);
    }
    redirects.put(number, redirect);
    return this;
  }

  /**
   * Gives it a further descriptor.
   *
   * @param number the child's number for it, 3 or more
   * @param redirect anything but a pipe, for which {@link PipePair} has ends
   * @throws IllegalArgumentException if the number is lower, or it is a pipe
   */
  public ChildProcessBuilder descriptor(int number, Redirect redirect) {
    if (number < STANDARD) {
      throw new IllegalArgumentException(
          "a further descriptor of number "
              + number
              + " for a child: 0 to 2 are input, output and errors");
    }
    if (Objects.requireNonNull(redirect, "redirect").kind == Redirect.Kind.PIPE) {
      throw new IllegalArgumentException(
          "Redirect.PIPE is for numbers 0 to 2: give a child one end of a PipePair by Redirect.of");
    }
    return redirect(number, redirect);
  }

  /** Gives it the descriptor of a source under a number of its own, 3 or more. */
  public ChildProcessBuilder descriptor(int number, Source source) {
    return descriptor(number, Redirect.of(source));
  }

  /**
   * Starts the program, posix_spawn(3).
   *
   * @throws dev.selkie.kernel.SystemCallException if it cannot be started; nothing is left of the
   *     attempt. Its message says what was wrong: the program, the folder, a descriptor or a file
   * @throws UnsupportedOperationException if the system cannot start programs, or tell of their
   *     end: that takes Linux 5.3 or later, or a kqueue; or cannot start them in a folder
   */
  public ChildProcess start() throws IOException {
    return new ChildStart(kernel == null ? Kernel.current() : kernel, this).start();
  }

  String program() {
    return program;
  }

  SortedMap<Integer, Redirect> redirects() {
    return redirects;
  }

  @Nullable String folder() {
    return folder;
  }

  boolean leadsGroup() {
    return group == OWN_GROUP;
  }

  /** The request, with the numbers here of the child's descriptors. */
  Spawn spawn(Kernel on, Map<Integer, Integer> descriptors) {
    return new Spawn(program, arguments, environment(on), folder, descriptors, group);
  }

  private List<String> environment(Kernel on) {
    List<String> before = environment == null ? on.processes().environment() : environment;
    List<String> after = new ArrayList<>();
    for (String entry : before) {
      if (!variables.containsKey(entry.substring(0, Math.max(entry.indexOf('='), 0)))) {
        after.add(entry);
      }
    }
    variables.forEach((name, value) -> {
      if (value != null) {
        after.add(name + "=" + value);
      }
    });
    return after;
  }
}
