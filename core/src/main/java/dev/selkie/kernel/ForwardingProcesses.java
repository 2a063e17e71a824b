package dev.selkie.kernel;

import java.util.List;

/** {@link Processes} through the hook of a {@link ForwardingKernel}. */
final class ForwardingProcesses implements Processes {
  private final ForwardingKernel kernel;
  private final Processes part;

  ForwardingProcesses(ForwardingKernel kernel, Processes part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int self() {
    return part.self();
  }

  @Override
  public int spawn(Spawn spawn) {
    return (int) kernel.call(SystemCall.SPAWN, -1, 0, _ -> part.spawn(spawn));
  }

  @Override
  public int watch(int process) {
    return (int) kernel.call(SystemCall.PIDFD_OPEN, -1, 0, _ -> part.watch(process));
  }

  @Override
  public int reap(int process) {
    return (int) kernel.call(SystemCall.WAIT, -1, 0, _ -> part.reap(process));
  }

  @Override
  public int disown(int process) {
    return (int) kernel.call(SystemCall.WAIT, -1, 0, _ -> part.disown(process));
  }

  @Override
  public List<String> environment() {
    return part.environment();
  }

  @Override
  public int kill(int process, int signal) {
    return (int) kernel.call(SystemCall.KILL, -1, 0, _ -> part.kill(process, signal));
  }

  @Override
  public int killWatched(int watch, int process, int signal) {
    return (int)
        kernel.call(SystemCall.KILL, watch, 0, _ -> part.killWatched(watch, process, signal));
  }
}
