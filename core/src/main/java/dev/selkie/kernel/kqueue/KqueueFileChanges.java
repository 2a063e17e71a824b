package dev.selkie.kernel.kqueue;

import dev.selkie.kernel.ChangedFiles;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * {@link FileChanges} by a kqueue(2) for each watcher, with EVFILT_VNODE on an open descriptor of
 * each file that is watched, and a look at the folder that says it was written.
 *
 * <p>It holds a descriptor for each watch, and one for each regular file and folder in a folder
 * whose writes or attributes are asked for. What the system does not tell cannot be told here:
 *
 * <ul>
 *   <li>entries that come and go between two looks are not seen, and several writes are one;
 *   <li>an entry that comes from a folder without a watch of this watcher is created, not moved;
 *       one that goes to such a folder is deleted, unless its descriptor was open;
 *   <li>an entry that takes another's number of a file (inode) between two looks, where neither was
 *       open, passes for the other renamed;
 *   <li>a writer's close is told by FreeBSD alone;
 *   <li>an entry that may not be read is told of as it comes and goes, and no more;
 *   <li>FIFOs, sockets and devices cannot be watched themselves, nor can symbolic links.
 * </ul>
 */
public final class KqueueFileChanges implements FileChanges {
  private final Kqueue kqueue;
  private final Files files;
  private final Map<Integer, VnodeWatcher> watchers = new ConcurrentHashMap<>();

  /** File changes of a kernel that has this queue and these files. */
  public KqueueFileChanges(Kqueue kqueue, Files files) {
    this.kqueue = kqueue;
    this.files = files;
  }

  @Override
  public int create() {
    int queue = kqueue.create();
    if (queue >= 0) {
      watchers.put(queue, new VnodeWatcher(kqueue, files, queue));
    }
    return queue;
  }

  @Override
  public int add(int watcher, String path, int mask) {
    VnodeWatcher found = watchers.get(watcher);
    return found == null ? Result.EBADF : found.add(path, mask);
  }

  @Override
  public int remove(int watcher, int watch) {
    VnodeWatcher found = watchers.get(watcher);
    return found == null ? Result.EBADF : found.remove(watch);
  }

  @Override
  public int wake(int watcher) {
    VnodeWatcher found = watchers.get(watcher);
    return found == null ? Result.EBADF : found.wake();
  }

  @Override
  public void release(int watcher) {
    @Nullable VnodeWatcher found = watchers.remove(watcher);
    if (found != null) {
      found.release();
    }
  }

  @Override
  public ChangedFiles newBatch() {
    return new ChangeList();
  }

  @Override
  public int read(int watcher, ChangedFiles batch) {
    VnodeWatcher found = watchers.get(watcher);
    return found == null ? Result.EBADF : found.read((ChangeList) batch);
  }
}
