package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Files;

/** An open file of a pseudoterminal's master or slave, pty(7). */
final class TerminalEnd extends OpenFile {
  final TerminalLine line;
  final boolean isMaster;

  TerminalEnd(TerminalLine line, boolean isMaster) {
    super(line.kernel);
    this.line = line;
    this.isMaster = isMaster;
  }

  @Override
  String kind() {
    return isMaster ? "terminal master" : "terminal";
  }

  @Override
  int format() {
    return Files.S_IFCHR;
  }

  @Override
  int readiness() {
    if (isMaster) {
      return (line.outputSize() > 0 ? Epoll.IN : 0)
          | (line.inputRoom() > 0 ? Epoll.OUT : 0)
          | (line.hasSlave() ? 0 : Epoll.HUP);
    }
    if (line.isHungUp()) {
      return Epoll.IN | Epoll.OUT | Epoll.ERR | Epoll.HUP;
    }
    return (line.hasInput() ? Epoll.IN : 0) | (line.outputRoom() > 0 ? Epoll.OUT : 0);
  }

  @Override
  int readable() {
    return isMaster ? line.outputSize() : line.inputSize();
  }

  @Override
  int available() {
    return !isMaster && line.isHungUp() ? Codes.EIO : readable();
  }

  @Override
  int room() {
    return isMaster ? line.inputRoom() : line.outputRoom();
  }

  @Override
  boolean isReadEnded() {
    return isMaster ? !line.hasSlave() : line.isHungUp();
  }

  @Override
  boolean isWriteEnded() {
    return !isMaster && line.isHungUp();
  }

  @Override
  long read(Transfer target) {
    return isMaster ? line.take(target) : line.read(target);
  }

  @Override
  long write(Transfer source) {
    return isMaster ? line.type(source) : line.write(source);
  }

  @Override
  void release() {
    line.closed(this);
  }
}
