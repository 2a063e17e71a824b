package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;

/** A process as a descriptor, pidfd_open(2). */
final class ProcessFile extends OpenFile {
  final SimulatedProcess process;

  ProcessFile(SimulatedKernel kernel, SimulatedProcess process) {
    super(kernel);
    this.process = process;
    process.watches.add(this);
  }

  @Override
  String kind() {
    return "pidfd";
  }

  @Override
  int readiness() {
    return (process.hasEnded() ? Epoll.IN : 0) | (process.isGone() ? Epoll.HUP : 0);
  }

  @Override
  int available() {
    return Codes.ENOTTY;
  }

  /** It has ended, or was reaped. */
  void tell() {
    arrived(Epoll.IN);
  }

  @Override
  void release() {
    process.watches.remove(this);
  }
}
