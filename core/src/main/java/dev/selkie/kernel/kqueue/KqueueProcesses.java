package dev.selkie.kernel.kqueue;

import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Processes;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Spawn;
import java.util.List;

/** {@link Processes} that are watched by a kqueue(2) for each, with one EVFILT_PROC in it. */
public final class KqueueProcesses implements Processes {
  /*
   * Nobody takes the event, so that the queue stays readable. A process that has ended and was not
   * reaped is no process to this filter on some systems: ESRCH.
   */
  private final Kqueue kqueue;
  private final Files files;
  private final Processes others;

  /**
   * Processes of a kernel that has this queue.
   *
   * @param others does all but watch
   */
  public KqueueProcesses(Kqueue kqueue, Files files, Processes others) {
    this.kqueue = kqueue;
    this.files = files;
    this.others = others;
  }

  @Override
  public int watch(int process) {
    if (process <= 0) {
      return Result.EINVAL;
    }
    int queue = kqueue.create();
    if (queue < 0) {
      return queue;
    }
    int error = add(queue, process);
    if (error < 0) {
      files.close(queue);
      return error;
    }
    return queue;
  }

  private int add(int queue, int process) {
    try (ChangeBatch changes = kqueue.newChanges(1);
        KeventBatch answers = kqueue.newBatch(1)) {
      int manner = Kqueue.EV_ADD | Kqueue.EV_ONESHOT | Kqueue.EV_RECEIPT;
      changes.set(0, process, Kqueue.EVFILT_PROC, manner, Kqueue.NOTE_EXIT, 0, 0);
      int count = kqueue.change(queue, changes, 1, answers);
      if (count == Result.EINTR) {
        return 0; // the change was made
      }
      return count <= 0 ? count : -answers.error(0);
    }
  }

  @Override
  public int self() {
    return others.self();
  }

  @Override
  public int spawn(Spawn spawn) {
    return others.spawn(spawn);
  }

  @Override
  public int reap(int process) {
    return others.reap(process);
  }

  @Override
  public int disown(int process) {
    return others.disown(process);
  }

  @Override
  public List<String> environment() {
    return others.environment();
  }

  @Override
  public int kill(int process, int signal) {
    return others.kill(process, signal);
  }
}
