package dev.selkie.kernel.kqueue;

import dev.selkie.kernel.ChangedFiles;
import java.util.ArrayList;
import java.util.List;

/** Changes that were found by looking: as many as there are. */
final class ChangeList implements ChangedFiles {
  private record Change(int watch, int mask, int cookie, String name) {}

  private final List<Change> changes = new ArrayList<>();

  void clear() {
    changes.clear();
  }

  int size() {
    return changes.size();
  }

  void add(int watch, int mask, int cookie, String name) {
    changes.add(new Change(watch, mask, cookie, name));
  }

  @Override
  public int watch(int index) {
    return changes.get(index).watch;
  }

  @Override
  public int mask(int index) {
    return changes.get(index).mask;
  }

  @Override
  public int cookie(int index) {
    return changes.get(index).cookie;
  }

  @Override
  public String name(int index) {
    return changes.get(index).name;
  }

  @Override
  public void close() {
    changes.clear();
  }
}
