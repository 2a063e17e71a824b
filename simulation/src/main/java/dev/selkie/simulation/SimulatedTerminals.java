package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.Terminals;
import java.nio.charset.StandardCharsets;

/** {@link Terminals} of a host. */
final class SimulatedTerminals implements Terminals {
  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private int made;

  SimulatedTerminals(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
  }

  @Override
  public int open(int[] ends) {
    network.enter();
    try {
      if (!kernel.table().hasRoom(2)) {
        return kernel.traced("posix_openpt", -1, 0, Result.EMFILE);
      }
      TerminalLine line = new TerminalLine(kernel, "/dev/pts/" + made++);
      kernel.fileTree().makeTerminal(line.path, line);
      ends[0] = kernel.table().add(line.master());
      OpenFile slave = line.openSlave();
      ends[1] = slave == null ? Codes.EIO : kernel.table().add(slave);
      return kernel.traced("posix_openpt", ends[0], ends[1], 0);
    } finally {
      network.exit();
    }
  }

  private interface Call {
    long on(TerminalLine line);
  }

  /** Calls on a terminal; one that is hung up fails with EIO. */
  private long call(String name, int descriptor, Call call) {
    network.enter();
    try {
      long result;
      OpenFile file = kernel.table().get(descriptor);
      if (file instanceof TerminalEnd end) {
        result = end.line.isHungUp() ? Codes.EIO : call.on(end.line);
      } else {
        result = file == null ? Result.EBADF : Result.ENOTTY;
      }
      return kernel.traced(name, descriptor, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int path(int descriptor, byte[] path) {
    return (int)
        call(
            "ttyname",
            descriptor,
            line -> {
              byte[] text = line.path.getBytes(StandardCharsets.UTF_8);
              System.arraycopy(text, 0, path, 0, text.length);
              return text.length;
            });
  }

  @Override
  public int attributes(int descriptor, byte[] attributes) {
    return (int)
        call(
            "tcgetattr",
            descriptor,
            line -> {
              attributes[0] = (byte) line.attributes;
              return 1;
            });
  }

  @Override
  public int setAttributes(int descriptor, byte[] attributes) {
    return set(descriptor, attributes[0]);
  }

  @Override
  public int setRaw(int descriptor, byte[] attributes, boolean keepSignals, boolean keepOutput) {
    int kept = (keepSignals ? TerminalLine.ISIG : 0) | (keepOutput ? TerminalLine.OPOST : 0);
    return set(descriptor, attributes[0] & kept);
  }

  private int set(int descriptor, int attributes) {
    return (int)
        call(
            "tcsetattr",
            descriptor,
            line -> {
              line.setAttributes(attributes);
              return 0;
            });
  }

  @Override
  public long windowSize(int descriptor) {
    return call("ioctl", descriptor, line -> ((long) line.rows << Short.SIZE) + line.columns);
  }

  @Override
  public int setWindowSize(int descriptor, int rows, int columns) {
    return (int)
        call(
            "ioctl",
            descriptor,
            line -> {
              line.rows = rows;
              line.columns = columns;
              return 0;
            });
  }
}
