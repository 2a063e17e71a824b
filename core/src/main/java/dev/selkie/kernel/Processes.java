package dev.selkie.kernel;

import java.util.List;

/** Processes: their start, their end, and signals to them. */
public interface Processes {
  /** What {@link #reap} adds to the number of a signal. */
  int KILLED = 0x100;

  /** And if the process left a core dump. */
  int DUMPED = 0x80;

  /** The number of this process, getpid(2). */
  default int self() {
    return Result.ENOSYS;
  }

  /**
   * Starts a program, posix_spawn(3).
   *
   * @return the child's number, or why it could not be started: ENOENT, EACCES …
   */
  default int spawn(Spawn spawn) {
    return Result.ENOSYS;
  }

  /**
   * A descriptor that is readable from a process's end on: pidfd_open(2), or a kqueue of its own
   * with an EVFILT_PROC.
   *
   * @return the descriptor, close-on-exec; ESRCH if there is no such process
   */
  default int watch(int process) {
    return Result.ENOSYS;
  }

  /**
   * Takes the status of a child that has ended, waitpid(2), upon which its number is free.
   *
   * @return the exit code, 0 to 255, or {@link #KILLED} plus the number of the signal that ended it
   *     and perhaps {@link #DUMPED}; {@link Result#EAGAIN} while it lives, ECHILD if it is no child
   *     of this process, or its status has been taken
   */
  default int reap(int process) {
    return Result.ENOSYS;
  }

  /**
   * Says that nobody is going to take a child's status, so that the system forgets it at its end.
   *
   * @return 0; {@link Result#ENOSYS} where a child has to be reaped in any case, as on all real
   *     systems
   */
  default int disown(int process) {
    return Result.ENOSYS;
  }

  /**
   * This process's environment as it was at the first call, {@code NAME=value} each, environ(7).
   * What its charset has no characters for comes in such a way that {@link #spawn} hands on the
   * same bytes.
   */
  default List<String> environment() {
    return List.of();
  }

  /**
   * Sends a signal, kill(2).
   *
   * @param process a process, or minus a process group
   * @param signal the system's number of the signal, {@link Signals#number}; 0 asks whether there
   *     is somebody to send to
   * @return 0; ESRCH if nobody is there, EPERM if the process may not
   */
  default int kill(int process, int signal) {
    return Result.ENOSYS;
  }

  /**
   * Sends a signal to the process that a descriptor of {@link #watch} stands for, and to no other
   * that has its number since, pidfd_send_signal(2); as {@link #kill} where the system lacks that.
   *
   * @param process its number, or minus that for the group that it leads
   * @return as {@link #kill}; {@link Result#ENOSYS} of a group where the system lacks that: before
   *     Linux 6.9
   */
  default int killWatched(int watch, int process, int signal) {
    return process < 0 ? Result.ENOSYS : kill(process, signal);
  }
}
