package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of one host and the open files that they stand for; guarded by the network's lock.
 */
final class DescriptorTable {
  private @Nullable OpenFile[] files = new @Nullable OpenFile[64];
  private int lowestFree;
  private int open;
  private final int limit;

  DescriptorTable(int limit) {
    this.limit = limit;
  }

  int limit() {
    return limit;
  }

  int size() {
    return open;
  }

  @Nullable OpenFile get(int number) {
    return number >= 0 && number < files.length ? files[number] : null;
  }

  /** Gives a file the lowest free number, or answers EMFILE. */
  int add(OpenFile file) {
    int number = lowestFree;
    while (number < files.length && files[number] != null) {
      number++;
    }
    if (number >= limit) {
      return Result.EMFILE;
    }
    lowestFree = number + 1;
    put(number, file);
    return number;
  }

  /** Whether so many more descriptors can be made. */
  boolean hasRoom(int more) {
    return open + more <= limit;
  }

  int replace(int number, OpenFile file) {
    if (number < 0 || number >= limit) {
      return Result.EBADF;
    }
    OpenFile before = get(number);
    file.descriptors++; // first: both may be one file
    if (before != null) {
      open--;
      files[number] = null;
      KqueueInstance.numberClosed(before, number);
      before.closeDescriptor();
    }
    put(number, file);
    file.descriptors--;
    return number;
  }

  int close(int number) {
    OpenFile file = get(number);
    if (file == null) {
      return Result.EBADF;
    }
    files[number] = null;
    open--;
    lowestFree = Math.min(lowestFree, number);
    KqueueInstance.numberClosed(file, number);
    file.closeDescriptor();
    return 0;
  }

  private void put(int number, OpenFile file) {
    if (number >= files.length) {
      files = Arrays.copyOf(files, Math.max(number + 1, files.length * 2));
    }
    files[number] = file;
    file.descriptors++;
    open++;
  }

  /** How many descriptors stand for such a file. */
  int count(Class<? extends OpenFile> type) {
    int count = 0;
    for (OpenFile file : files) {
      count += type.isInstance(file) ? 1 : 0;
    }
    return count;
  }

  /** What is open from a number on. */
  SortedMap<Integer, String> describe(int from) {
    SortedMap<Integer, String> kinds = new TreeMap<>();
    for (int number = from; number < files.length; number++) {
      OpenFile file = files[number];
      if (file != null) {
        kinds.put(number, file.kind());
      }
    }
    return kinds;
  }
}
