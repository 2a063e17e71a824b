package dev.selkie.kernel;

/** {@link Terminals} through the hook of a {@link ForwardingKernel}. */
final class ForwardingTerminals implements Terminals {
  private final ForwardingKernel kernel;
  private final Terminals part;

  ForwardingTerminals(ForwardingKernel kernel, Terminals part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int open(int[] ends) {
    return (int) kernel.call(SystemCall.OPENPT, -1, 0, _ -> part.open(ends));
  }

  @Override
  public int path(int descriptor, byte[] path) {
    return (int) kernel.call(SystemCall.PTSNAME, descriptor, 0, _ -> part.path(descriptor, path));
  }

  @Override
  public int attributes(int descriptor, byte[] attributes) {
    return (int)
        kernel.call(
            SystemCall.TCGETATTR, descriptor, 0, _ -> part.attributes(descriptor, attributes));
  }

  @Override
  public int setAttributes(int descriptor, byte[] attributes) {
    return (int)
        kernel.call(
            SystemCall.TCSETATTR, descriptor, 0, _ -> part.setAttributes(descriptor, attributes));
  }

  @Override
  public int setRaw(int descriptor, byte[] attributes, boolean keepSignals, boolean keepOutput) {
    return (int)
        kernel.call(
            SystemCall.TCSETATTR,
            descriptor,
            0,
            _ -> part.setRaw(descriptor, attributes, keepSignals, keepOutput));
  }

  @Override
  public long windowSize(int descriptor) {
    return kernel.call(SystemCall.IOCTL, descriptor, 0, _ -> part.windowSize(descriptor));
  }

  @Override
  public int setWindowSize(int descriptor, int rows, int columns) {
    return (int)
        kernel.call(
            SystemCall.IOCTL, descriptor, 0, _ -> part.setWindowSize(descriptor, rows, columns));
  }
}
