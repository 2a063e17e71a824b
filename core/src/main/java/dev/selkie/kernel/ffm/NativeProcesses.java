package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Processes;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Spawn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** {@link Processes} by posix_spawn(3), waitpid(2), and by pidfds where the system has them. */
final class NativeProcesses implements Processes {
  private static final String PART = "processes";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle GETPID = Native.function(PART, "getpid");
  private static final MethodHandle WAITPID = Native.function(PART, "waitpid");
  private static final MethodHandle KILL = Native.function(PART, "kill");
  private static final int WNOHANG = PROFILE.constant("WNOHANG");

  /*
   * The C library has a function for either since glibc 2.36 only. Variadic it is, but Linux passes
   * all six words of it in registers.
   */
  private static final @Nullable MethodHandle SYSCALL =
      PROFILE.has("SYS_pidfd_open") ? Native.function(PART, "syscall") : null;

  // A wait status is laid out alike on all systems, although only macros of wait(2) say so.
  private static final int SIGNAL = 0x7f;
  private static final int CODE_SHIFT = 8;
  private static final int CODE = 0xff;

  /** The largest number that Linux has for a signal, SIGRTMAX. */
  private static final int MOST_SIGNALS = 64;

  @Override
  public int self() {
    return call(GETPID, 0, 0);
  }

  @Override
  public int spawn(Spawn spawn) {
    return NativeSpawn.spawn(spawn);
  }

  @Override
  public int watch(int process) {
    OptionalInt number = PROFILE.find("SYS_pidfd_open");
    if (SYSCALL == null || number.isEmpty()) {
      return Result.ENOSYS;
    }
    return systemCall(SYSCALL, number.getAsInt(), process, 0, 0);
  }

  @Override
  public int reap(int process) {
    if (process <= 0) {
      return Result.EINVAL; // which would be any child, the JDK's too
    }
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int result = NativeCall.callInt(WAITPID, state, process, memory.address(), WNOHANG);
    int status = memory.get(ValueLayout.JAVA_INT, 0);
    state.exit();
    if (result <= 0) {
      return result == 0 ? Result.EAGAIN : result;
    }
    int signal = status & SIGNAL;
    return signal == 0 ? (status >> CODE_SHIFT) & CODE : KILLED | signal | (status & DUMPED);
  }

  @Override
  public List<String> environment() {
    return NativeEnvironment.entries();
  }

  @Override
  public int kill(int process, int signal) {
    return call(KILL, process, signal);
  }

  @Override
  public int killWatched(int watch, int process, int signal) {
    OptionalInt number = PROFILE.find("SYS_pidfd_send_signal");
    if (SYSCALL == null || number.isEmpty()) {
      return Processes.super.killWatched(watch, process, signal);
    }
    boolean group = process < 0;
    int flags = group ? PROFILE.constant("PIDFD_SIGNAL_PROCESS_GROUP") : 0;
    int result = systemCall(SYSCALL, number.getAsInt(), watch, signal, flags);
    // An old system knows no flags.
    boolean refused = group && result == Result.EINVAL && signal >= 0 && signal <= MOST_SIGNALS;
    return refused ? Result.ENOSYS : result;
  }

  private static int call(MethodHandle function, long a, long b) {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(function, state, a, b, 0);
    state.exit();
    return result;
  }

  /** The third word of pidfd_send_signal(2), details of the signal, is null. */
  private static int systemCall(MethodHandle syscall, int number, long a, long b, long flags) {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(syscall, state, number, a, b, 0, flags);
    state.exit();
    return result;
  }
}
