package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Result;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A simulated inotify(7) instance: the watches, and what they have to tell. */
final class InotifyInstance extends OpenFile {
  /** One change that waits to be read. */
  record Change(int watch, int mask, int cookie, String name) {
    boolean is(int watch, int mask, int cookie, String name) {
      return this.watch == watch
          && this.mask == mask
          && this.cookie == cookie
          && this.name.equals(name);
    }
  }

  private static final int ALWAYS = FileChanges.UNMOUNT | FileChanges.FOLDER;

  private final int queueLimit;
  private final Map<Integer, Watch> watches = new HashMap<>();
  private final Map<FileNode, Watch> byNode = new HashMap<>();
  private final ArrayDeque<Change> queue = new ArrayDeque<>();
  private int numbers;

  /** One node that is watched. */
  private final class Watch implements FileObserver {
    final int number;
    final FileNode node;
    int mask;

    Watch(int number, FileNode node) {
      this.number = number;
      this.node = node;
    }

    @Override
    public void changed(int bits, int cookie, String name) {
      if ((bits & (mask | FileChanges.UNMOUNT)) != 0) {
        tell(number, bits & (mask | ALWAYS), cookie, name);
      }
      if ((bits & (FileChanges.DELETE_SELF | FileChanges.UNMOUNT)) != 0) {
        end(this);
      }
    }
  }

  /**
   * An instance without watches.
   *
   * @param queueLimit how many changes it keeps
   */
  InotifyInstance(SimulatedKernel kernel, int queueLimit) {
    super(kernel);
    this.queueLimit = queueLimit;
  }

  @Override
  String kind() {
    return "inotify";
  }

  @Override
  int readiness() {
    return queue.isEmpty() ? 0 : Epoll.IN;
  }

  @Override
  int readable() {
    return queue.size();
  }

  /** How many watches it has. */
  int watches() {
    return watches.size();
  }

  boolean watches(FileNode node) {
    return byNode.containsKey(node);
  }

  /** Watches a node, or asks more of a watch that there is; its number. */
  int add(FileNode node, int mask) {
    Watch watch = byNode.get(node);
    if (watch == null) {
      watch = new Watch(++numbers, node);
      watches.put(watch.number, watch);
      byNode.put(node, watch);
      node.observe(watch);
    }
    watch.mask |= mask;
    return watch.number;
  }

  int remove(int number) {
    Watch watch = watches.get(number);
    if (watch == null) {
      return Result.EINVAL;
    }
    end(watch);
    return 0;
  }

  /** Tells of the end of a watch that there was for a moment. */
  int wake() {
    tell(++numbers, FileChanges.IGNORED, 0, "");
    return 0;
  }

  private void end(Watch watch) {
    watches.remove(watch.number);
    byNode.remove(watch.node);
    watch.node.unobserve(watch);
    tell(watch.number, FileChanges.IGNORED, 0, "");
  }

  private void tell(int watch, int mask, int cookie, String name) {
    @Nullable Change last = queue.peekLast();
    if (last != null && last.is(watch, mask, cookie, name)) {
      return;
    }
    if (queue.size() > queueLimit) {
      return; // as the last one says
    }
    queue.add(
        queue.size() == queueLimit
            ? new Change(-1, FileChanges.OVERFLOW, 0, "")
            : new Change(watch, mask, cookie, name));
    arrived(Epoll.IN);
  }

  /** Takes so many changes at most. */
  List<Change> take(int most) {
    List<Change> taken = new ArrayList<>();
    while (taken.size() < most && !queue.isEmpty()) {
      taken.add(queue.remove());
    }
    return taken;
  }

  @Override
  void release() {
    watches.values().forEach(watch -> watch.node.unobserve(watch));
    watches.clear();
    byNode.clear();
    queue.clear();
  }
}
