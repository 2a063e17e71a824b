package dev.selkie.kernel.ffm;

import static java.util.Map.entry;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.Signals;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The signals of a system, signal(7), and which of them a program in a JVM can take.
 *
 * <p>The JVM must not be asked for the latter: it gives SIGUSR2 away, and then hangs.
 */
public final class SignalTable {
  /** By number, from 1 on; those of alpha, MIPS and PA-RISC differ. */
  private static final List<String> LINUX =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private static final List<String> BSD =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "EMT", "FPE", "KILL", "BUS", "SEGV", "SYS",
          "PIPE", "ALRM", "TERM", "URG", "STOP", "TSTP", "CONT", "CHLD", "TTIN", "TTOU", "IO",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "INFO", "USR1", "USR2");

  private static final String FAULT =
      "the JVM takes it, for a fault in its own code (which the program sees as an exception)";
  private static final String UNCATCHABLE = "no process can take it, signal(7)";
  private static final String WRITE =
      "the JVM takes it and does nothing, so that a write reports its error";

  /** Signals that no system gives, with the reason. */
  private static final Map<String, String> RESERVED =
      Map.ofEntries(
          entry("KILL", UNCATCHABLE),
          entry("STOP", UNCATCHABLE),
          entry("QUIT", "the JVM takes it, to print what its threads do (jstack, kill -QUIT)"),
          entry("USR2", "the JVM takes it, to suspend its threads; USR1 is free"),
          entry("SEGV", FAULT),
          entry("BUS", FAULT),
          entry("FPE", FAULT),
          entry("ILL", FAULT),
          entry("TRAP", FAULT),
          entry("PIPE", WRITE),
          entry("XFSZ", WRITE),
          entry("CHLD", "the JDK sets its action anew when it starts its first process"));

  /*
   * On macOS and the BSDs the JDK interrupts threads that wait in I/O by SIGIO (NativeThread.c), on
   * Linux by a realtime signal, SIGRTMAX-2. Those have no names here, and none is given.
   */
  private static final String INTERRUPTS =
      "the JDK takes it on this system, and wakes threads that wait in I/O by it";

  private final List<String> names;

  /** Signals that are never given, with the reason. */
  private final Map<String, String> reserved;

  private SignalTable(List<String> names, Map<String, String> reserved) {
    this.names = names;
    this.reserved = reserved;
  }

  /** The signals of Linux, or else those that all BSDs have. */
  public static SignalTable of(boolean linux) {
    if (linux) {
      return new SignalTable(LINUX, RESERVED);
    }
    Map<String, String> reserved = new HashMap<>(RESERVED);
    reserved.put("IO", INTERRUPTS);
    return new SignalTable(BSD, reserved);
  }

  /** The signal's number, or EINVAL. */
  public int number(String name) {
    int index = names.indexOf(name);
    return index < 0 ? Result.EINVAL : index + 1;
  }

  /** 0 if a program can take the signal, EINVAL or EBUSY if not: {@link Signals#subscribe}. */
  public int check(String name) {
    String reason = reserved.get(name);
    if (!names.contains(name) || UNCATCHABLE.equals(reason)) {
      return Result.EINVAL;
    }
    return reason == null ? 0 : Result.EBUSY;
  }

  /** What is to be said if {@link #check} gave an error; null otherwise. */
  public @Nullable String refusal(String name) {
    if (names.contains(name)) {
      return reserved.get(name);
    }
    List<String> free = new ArrayList<>(names);
    free.removeAll(reserved.keySet());
    return "the system has no signal of that name; " + String.join(", ", free) + " can be taken";
  }
}
