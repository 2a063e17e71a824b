package dev.selkie.simulation;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.kernel.ChangedFiles;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.source.FileChange;
import dev.selkie.source.FileChangeSource;
import dev.selkie.source.FileWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Simulated inotify beside the machine's own, its limits, and what else only a simulation has. */
final class FileChangesTest {
  private static final int ALL =
      FileChanges.MODIFY
          | FileChanges.ATTRIBUTES
          | FileChanges.CLOSE_WRITE
          | FileChanges.MOVED_FROM
          | FileChanges.MOVED_TO
          | FileChanges.CREATE
          | FileChanges.DELETE
          | FileChanges.DELETE_SELF
          | FileChanges.MOVE_SELF;

  private static final int SEEDS = 40;

  /** Words: what to do, with which file, and for a renaming to which. */
  private static final List<String> STEPS =
      List.of(
          "make sub/file",
          "append sub/file",
          "append sub/file",
          "mkdir sub/inner",
          "chmod sub/inner",
          "chmod sub/file",
          "rename sub/file sub/other",
          "rename sub/other outside",
          "rename outside sub/back",
          "make sub/over",
          "rename sub/back sub/over",
          "delete sub/over",
          "delete sub/inner",
          "rename sub moved",
          "make moved/late",
          "delete moved/late",
          "delete moved");

  @TempDir Path folder = Path.of("");

  private interface Place {
    void run(String[] step) throws IOException;
  }

  @Test
  void changesAreToldAsTheMachineTellsThem() throws IOException {
    assumeTrue(Kernel.system().facilities().contains(Facility.INOTIFY), "no inotify here");
    SimulatedKernel simulated = SimulatedKernel.stepping();
    SimulatedFileTree tree = simulated.fileTree();
    tree.makeFolder("/tmp/place");
    Path root = folder.toRealPath();
    assertThat(told(simulated, "/tmp/place/", step -> onTree(tree, "/tmp/place/", step)))
        .isEqualTo(told(Kernel.system(), root + "/", step -> onMachine(root, step)));
    assertThat(simulated.openDescriptors()).isEmpty();
  }

  private static void onTree(SimulatedFileTree tree, String at, String[] step) throws IOException {
    switch (step[0]) {
      case "mkdir" -> tree.makeFolder(at + step[1]);
      case "make" -> tree.writeFile(at + step[1], new byte[0]);
      case "append" -> tree.append(at + step[1], new byte[3]);
      case "chmod" -> tree.setPermissions(at + step[1], 0700);
      case "rename" -> tree.rename(at + step[1], at + step[2]);
      case "delete" -> tree.delete(at + step[1]);
      default -> throw new AssertionError(step[0]);
    }
  }

  private static void onMachine(Path root, String[] step) throws IOException {
    Path path = root.resolve(step[1]);
    switch (step[0]) {
      case "mkdir" -> Files.createDirectory(path);
      case "make" -> Files.createFile(path);
      case "append" -> Files.write(path, new byte[3], StandardOpenOption.APPEND);
      case "chmod" ->
          Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
      case "rename" -> Files.move(path, root.resolve(step[2]), StandardCopyOption.ATOMIC_MOVE);
      case "delete" -> Files.delete(path);
      default -> throw new AssertionError(step[0]);
    }
  }

  private static List<String> told(Kernel kernel, String at, Place place) throws IOException {
    FileChanges changes = kernel.fileChanges();
    List<String> told = new ArrayList<>();
    place.run(new String[] {"mkdir", "sub"});
    place.run(new String[] {"make", "plain"});
    int watcher = changes.create();
    try (ChangedFiles batch = changes.newBatch()) {
      told.add("folder " + changes.add(watcher, at + "sub", ALL | FileChanges.ONLY_FOLDER));
      told.add("again " + changes.add(watcher, at + "sub", FileChanges.CREATE));
      told.add("file " + changes.add(watcher, at + "plain", ALL));
      told.add("no folder " + changes.add(watcher, at + "plain", ALL | FileChanges.ONLY_FOLDER));
      told.add("none " + changes.add(watcher, at + "none", ALL));
      told.add("nothing " + changes.read(watcher, batch));
      for (String step : STEPS) {
        place.run(step.split(" "));
        told.add(step + told(changes, watcher, batch));
      }
      told.add("removed " + changes.remove(watcher, 2) + told(changes, watcher, batch));
      told.add("removed " + changes.remove(watcher, 2) + told(changes, watcher, batch));
      told.add("no watcher " + changes.add(1 << 20, at, ALL) + changes.remove(1 << 20, 1));
    } finally {
      kernel.files().close(watcher);
    }
    return told;
  }

  private static String told(FileChanges changes, int watcher, ChangedFiles batch) {
    StringBuilder text = new StringBuilder(":");
    int count = changes.read(watcher, batch);
    for (int i = 0; i < count; i++) {
      text.append(' ').append(batch.watch(i)).append(' ').append(batch.name(i)).append(' ');
      text.append(Integer.toHexString(batch.mask(i))).append(batch.cookie(i) == 0 ? "" : " moved");
    }
    return text.toString();
  }

  private static void limit(SimulatedKernel host, String name, int value) throws IOException {
    host.fileTree().writeFile("/proc/sys/fs/inotify/" + name, (value + "\n").getBytes(US_ASCII));
  }

  @Test
  void theLimitsOfAHostAreMetAndNamed() throws IOException {
    SimulatedKernel host = SimulatedKernel.stepping();
    limit(host, "max_user_watches", 1);
    limit(host, "max_user_instances", 1);
    limit(host, "max_queued_events", 2);
    try (FileChangeSource source = FileChangeSource.open(host)) {
      assertThatThrownBy(() -> FileChangeSource.open(host))
          .hasMessageContaining("max_user_instances allows (1)");
      FileWatch watch = source.watch(Path.of("/tmp"));
      source.watch(Path.of("/tmp"));
      assertThatThrownBy(() -> source.watch(Path.of("/dev")))
          .hasMessageContaining("max_user_watches allows (1)");
      for (String name : List.of("a", "b", "c", "d")) {
        host.fileTree().makeFolder("/tmp/" + name);
      }
      List<String> told = new ArrayList<>();
      for (FileChange next = source.poll(); next != null; next = source.poll()) {
        if (next.watch().equals(watch)) {
          told.add(next.kind() + " " + next.path());
        }
      }
      assertThat(told).containsExactly("CREATED /tmp/a", "CREATED /tmp/b", "OVERFLOW /tmp");
    }
    assertThat(host.openDescriptors()).isEmpty();
  }

  private static SimulatedKernel host(SimulatedSystem system) {
    return SimulatedKernel.builder().system(system).build();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsUnmountedIsToldAndWatchedNoMore(SimulatedSystem system) throws IOException {
    SimulatedKernel host = host(system);
    SimulatedFileTree tree = host.fileTree();
    tree.makeFolder("/tmp/mnt");
    tree.makeFolder("/tmp/mnt/inner");
    try (FileChangeSource source = FileChangeSource.open(host)) {
      FileWatch watch = source.watchTree(Path.of("/tmp/mnt"));
      tree.unmount("/tmp/mnt");
      List<String> told = new ArrayList<>();
      for (FileChange next = source.poll(); next != null; next = source.poll()) {
        told.add(next.kind() + " " + next.path());
      }
      assertThat(told).contains("UNMOUNTED /tmp/mnt");
      assertThat(watch.isOpen()).isFalse();
    }
    assertThat(host.openDescriptors()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aFolderThatMayNotBeReadIsTold(SimulatedSystem system) throws IOException {
    SimulatedKernel host = host(system);
    SimulatedFileTree tree = host.fileTree();
    tree.makeFolder("/tmp/tree");
    tree.makeFolder("/tmp/tree/closed");
    tree.setPermissions("/tmp/tree/closed", 0300);
    try (FileChangeSource source = FileChangeSource.open(host)) {
      source.watchTree(Path.of("/tmp/tree"));
      FileChange told = source.poll();
      assertThat(told).isNotNull();
      assertThat(told.kind()).isEqualTo(FileChange.Kind.UNWATCHED);
      assertThat(told.path()).isEqualTo(Path.of("/tmp/tree/closed"));
      assertThat(told.failure()).hasMessageContaining("it must be readable");
      assertThatThrownBy(() -> source.watch(Path.of("/tmp/tree/closed")))
          .hasMessageContaining("it must be readable");
    }
    assertThat(host.openDescriptors()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LINUX")
  void withoutDescriptorsAWatchOfAKqueueIsRefusedAndLeavesNone(SimulatedSystem system)
      throws IOException {
    SimulatedKernel host = SimulatedKernel.builder().system(system).descriptorLimit(8).build();
    for (int i = 0; i < 6; i++) {
      host.fileTree().writeFile("/tmp/" + i, new byte[1]);
    }
    try (FileChangeSource source = FileChangeSource.open(host)) {
      int before = host.openDescriptors().size();
      assertThatThrownBy(() -> source.watch(Path.of("/tmp")))
          .hasMessageContaining("each file that is watched has a descriptor here");
      assertThat(host.openDescriptors()).hasSize(before);
      source.watch(Path.of("/tmp/1"));
      assertThat(host.fileChanges().add(1 << 20, "/tmp", ALL)).isEqualTo(Result.EBADF);
      host.files().makeFifo("/tmp/fifo", 0600);
      assertThatThrownBy(() -> source.watch(Path.of("/tmp/fifo")))
          .hasMessageContaining("is no regular file or folder");
    }
    assertThat(host.openDescriptors()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LINUX")
  void aWatchOfAKqueueLastsWhenASecondOfItsFolderIsRefused(SimulatedSystem system)
      throws IOException {
    SimulatedKernel host = SimulatedKernel.builder().system(system).descriptorLimit(8).build();
    for (int i = 0; i < 6; i++) {
      host.fileTree().writeFile("/tmp/" + i, new byte[1]);
    }
    try (FileChangeSource source = FileChangeSource.open(host)) {
      FileWatch first = source.watch(Path.of("/tmp"), EnumSet.of(FileChange.Kind.CREATED));
      Map<Integer, String> before = Map.copyOf(host.openDescriptors());
      assertThatThrownBy(() -> source.watch(Path.of("/tmp")))
          .hasMessageContaining("each file that is watched has a descriptor here");
      assertThat(host.openDescriptors()).isEqualTo(before);
      assertThat(first.isOpen()).isTrue();
      host.fileTree().makeFolder("/tmp/new");
      FileChange told = source.poll();
      assertThat(told).isNotNull();
      assertThat(told.watch()).isEqualTo(first);
      assertThat(told.path()).isEqualTo(Path.of("/tmp/new"));
      assertThat(source.poll()).isNull();
    }
    assertThat(host.openDescriptors()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aRefusalNamesTheCallOfTheSystem(SimulatedSystem system) throws IOException {
    SimulatedKernel host = SimulatedKernel.builder().system(system).descriptorLimit(8).build();
    boolean linux = system == SimulatedSystem.LINUX;
    try (FileChangeSource source = FileChangeSource.open(host)) {
      assertThatThrownBy(() -> source.watch(Path.of("/none")))
          .rootCause()
          .hasMessageStartingWith((linux ? "inotify_add_watch" : "open") + "(/none): ENOENT");
      int last = 0;
      while (last >= 0) {
        last = host.files().open("/tmp", 0, 0);
      }
      assertThatThrownBy(() -> FileChangeSource.open(host))
          .hasMessageStartingWith((linux ? "inotify_init1" : "kqueue") + "(watcher): EMFILE");
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneSeedIsOneTraceAndTheSameChanges(SimulatedSystem system) throws IOException {
    List<String> first = run(system, 7);
    assertThat(first).hasSizeGreaterThan(200);
    assertThat(run(system, 7)).isEqualTo(first);
    for (int seed = 8; seed < SEEDS; seed++) {
      assertThat(run(system, seed)).isNotEqualTo(first);
    }
  }

  /** Random changes and polls; in the end a rescan finds what is known from them, and no more. */
  private static List<String> run(SimulatedSystem system, long seed) throws IOException {
    List<String> trace = new ArrayList<>();
    SimulatedNetwork network = SimulatedNetwork.builder().seed(seed).trace(trace::add).build();
    SimulatedKernel host = SimulatedKernel.builder().network(network).system(system).build();
    SimulatedFileTree tree = host.fileTree();
    Random random = new Random(seed);
    KnownTree known = new KnownTree();
    try (FileChangeSource source = FileChangeSource.open(host)) {
      FileWatch watch = source.watchTree(Path.of("/tmp"));
      List<String> folders = new ArrayList<>(List.of("/tmp"));
      for (int i = 0; i < 300; i++) {
        String path = folders.get(random.nextInt(folders.size())) + "/" + random.nextInt(4);
        try {
          switch (random.nextInt(5)) {
            case 0, 1 -> {
              tree.makeFolder(path);
              folders.add(path);
            }
            case 2 -> tree.writeFile(path, new byte[1]);
            case 3 -> tree.delete(path);
            default -> tree.rename(path, folders.get(random.nextInt(folders.size())) + "/moved");
          }
        } catch (IOException refused) {
          trace.add(refused.getMessage());
        }
        if (random.nextInt(4) == 0) {
          take(source, known, trace);
        }
      }
      take(source, known, trace);
      KnownTree found = new KnownTree();
      watch.rescan();
      take(source, found, trace);
      assertThat(known.paths()).as("seed %s", seed).isEqualTo(found.paths());
    }
    assertThat(host.openDescriptors()).isEmpty();
    return trace;
  }

  private static void take(FileChangeSource source, KnownTree known, List<String> trace)
      throws IOException {
    for (FileChange next = source.poll(); next != null; next = source.poll()) {
      trace.add(next.toString());
      assertThat(next.kind()).isNotEqualTo(FileChange.Kind.UNWATCHED);
      known.take(next);
    }
  }

  @Test
  void aCallOnWhatIsNoWatcherIsRefused() {
    SimulatedKernel host = SimulatedKernel.stepping();
    FileChanges changes = host.fileChanges();
    int file = host.openFile(new byte[1]);
    try (ChangedFiles batch = changes.newBatch()) {
      assertThat(changes.add(file, "/tmp", ALL)).isEqualTo(Result.EINVAL);
      assertThat(changes.remove(file, 1)).isEqualTo(Result.EINVAL);
      assertThat(changes.read(file, batch)).isEqualTo(Result.EINVAL);
      assertThat(changes.read(file + 1, batch)).isEqualTo(Result.EBADF);
      assertThat(Errno.of(changes.add(file + 1, "/tmp", ALL))).isEqualTo(Errno.EBADF);
    }
    host.files().close(file);
  }
}
