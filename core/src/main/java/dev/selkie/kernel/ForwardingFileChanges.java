package dev.selkie.kernel;

/** {@link FileChanges} through the hook of a {@link ForwardingKernel}. */
final class ForwardingFileChanges implements FileChanges {
  private final ForwardingKernel kernel;
  private final FileChanges part;

  ForwardingFileChanges(ForwardingKernel kernel, FileChanges part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int create() {
    return (int) kernel.call(SystemCall.INOTIFY_INIT, -1, 0, _ -> part.create());
  }

  @Override
  public int add(int watcher, String path, int mask) {
    return (int)
        kernel.call(SystemCall.INOTIFY_ADD_WATCH, watcher, 0, _ -> part.add(watcher, path, mask));
  }

  @Override
  public int remove(int watcher, int watch) {
    return (int)
        kernel.call(SystemCall.INOTIFY_RM_WATCH, watcher, 0, _ -> part.remove(watcher, watch));
  }

  @Override
  public int wake(int watcher) {
    return (int) kernel.call(SystemCall.INOTIFY_RM_WATCH, watcher, 0, _ -> part.wake(watcher));
  }

  @Override
  public void release(int watcher) {
    part.release(watcher);
  }

  @Override
  public ChangedFiles newBatch() {
    return part.newBatch();
  }

  @Override
  public int read(int watcher, ChangedFiles batch) {
    return (int) kernel.call(SystemCall.INOTIFY_READ, watcher, 0, _ -> part.read(watcher, batch));
  }
}
