package dev.selkie.kernel;

/** {@link Files} through the hook of a {@link ForwardingKernel}. */
final class ForwardingFiles extends ForwardingStreamCalls<Files> implements Files {
  ForwardingFiles(ForwardingKernel kernel, Files part) {
    super(kernel, part, SystemCall.READ, SystemCall.READV, SystemCall.WRITE, SystemCall.WRITEV);
  }

  @Override
  public int close(int descriptor) {
    return (int) kernel.call(SystemCall.CLOSE, descriptor, 0, _ -> part.close(descriptor));
  }

  @Override
  public int pipe(int[] ends) {
    return (int) kernel.call(SystemCall.PIPE, -1, 0, _ -> part.pipe(ends));
  }

  @Override
  public long splice(int from, int to, long length) {
    return kernel.call(SystemCall.SPLICE, from, length, limit -> part.splice(from, to, limit));
  }

  @Override
  public int duplicate(int descriptor) {
    return (int) kernel.call(SystemCall.DUP, descriptor, 0, _ -> part.duplicate(descriptor));
  }

  @Override
  public int duplicateTo(int descriptor, int number) {
    return (int)
        kernel.call(SystemCall.DUP, descriptor, 0, _ -> part.duplicateTo(descriptor, number));
  }

  @Override
  public int setNonBlocking(int descriptor, boolean nonBlocking) {
    return (int)
        kernel.call(
            SystemCall.FCNTL, descriptor, 0, _ -> part.setNonBlocking(descriptor, nonBlocking));
  }

  @Override
  public int isNonBlocking(int descriptor) {
    return (int) kernel.call(SystemCall.FCNTL, descriptor, 0, _ -> part.isNonBlocking(descriptor));
  }

  @Override
  public int lock(int descriptor) {
    return (int) kernel.call(SystemCall.FLOCK, descriptor, 0, _ -> part.lock(descriptor));
  }

  @Override
  public int accessMode(int descriptor) {
    return (int) kernel.call(SystemCall.FCNTL, descriptor, 0, _ -> part.accessMode(descriptor));
  }

  @Override
  public int eventfd(int initial) {
    return (int) kernel.call(SystemCall.EVENTFD, -1, 0, _ -> part.eventfd(initial));
  }

  @Override
  public int available(int descriptor) {
    return (int) kernel.call(SystemCall.IOCTL, descriptor, 0, _ -> part.available(descriptor));
  }

  @Override
  public int open(String path, int flags, int permissions) {
    return (int) kernel.call(SystemCall.OPEN, -1, 0, _ -> part.open(path, flags, permissions));
  }

  @Override
  public int openAt(int folder, String name, int flags) {
    return (int) kernel.call(SystemCall.OPENAT, folder, 0, _ -> part.openAt(folder, name, flags));
  }

  @Override
  public int list(int folder, FolderListing listing) {
    return (int) kernel.call(SystemCall.READDIR, folder, 0, _ -> part.list(folder, listing));
  }

  @Override
  public int makeFifo(String path, int permissions) {
    return (int) kernel.call(SystemCall.MKFIFO, -1, 0, _ -> part.makeFifo(path, permissions));
  }

  @Override
  public int unlink(String path) {
    return (int) kernel.call(SystemCall.UNLINK, -1, 0, _ -> part.unlink(path));
  }

  @Override
  public int setPermissions(String path, int permissions) {
    return (int) kernel.call(SystemCall.CHMOD, -1, 0, _ -> part.setPermissions(path, permissions));
  }

  @Override
  public int rename(String from, String to) {
    return (int) kernel.call(SystemCall.RENAME, -1, 0, _ -> part.rename(from, to));
  }

  @Override
  public int identity(String path, long[] identity) {
    return (int) kernel.call(SystemCall.LSTAT, -1, 0, _ -> part.identity(path, identity));
  }

  @Override
  public int setCloseOnExec(int descriptor) {
    return (int) kernel.call(SystemCall.FCNTL, descriptor, 0, _ -> part.setCloseOnExec(descriptor));
  }

  @Override
  public int kind(String path) {
    return (int) kernel.call(SystemCall.STAT, -1, 0, _ -> part.kind(path));
  }

  @Override
  public int kind(int descriptor) {
    return (int) kernel.call(SystemCall.FSTAT, descriptor, 0, _ -> part.kind(descriptor));
  }

  @Override
  public long identity(int descriptor) {
    return kernel.call(SystemCall.FSTAT, descriptor, 0, _ -> part.identity(descriptor));
  }

  @Override
  public int poll(int descriptor, int events) {
    return (int) kernel.call(SystemCall.POLL, descriptor, 0, _ -> part.poll(descriptor, events));
  }

  @Override
  public long descriptorLimit(boolean hard) {
    return kernel.call(SystemCall.GETRLIMIT, -1, 0, _ -> part.descriptorLimit(hard));
  }
}
