package dev.selkie.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.kernel.Files;
import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of a simulated host, beside the machine's own. */
final class FileTreeTest {
  private final SimulatedKernel kernel = SimulatedKernel.stepping();
  private final SimulatedFileTree tree = kernel.fileTree();

  @TempDir Path folder = Path.of("");

  @Test
  void theCallsAnswerAsTheMachines() throws IOException {
    tree.makeFolder("/tmp/place");
    java.nio.file.Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
    java.nio.file.Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
    java.nio.file.Files.createDirectory(folder.resolve("sub"));
    tree.makeLink("/tmp/place/link", "file");
    tree.makeLink("/tmp/place/loop", "loop");
    tree.makeFolder("/tmp/place/sub");
    assertThat(history(kernel, "/tmp/place/"))
        .isEqualTo(history(Kernel.system(), folder.toRealPath() + "/"));
  }

  /** The results of many calls; of a descriptor that was opened only that it was. */
  private static List<String> history(Kernel kernel, String at) {
    Files files = kernel.files();
    List<String> results = new ArrayList<>();
    int create = Files.O_WRONLY | Files.O_CREAT;
    for (String name : List.of("link", "file", "loop", "sub", "absent", "sub/", "file/", "")) {
      results.add(name + " kind " + files.kind(at + name));
    }
    results.add("open absent " + files.open(at + "file", 0, 0));
    results.add("through a link " + opened(files, at + "link", create, 0600));
    results.add("make again " + opened(files, at + "file", create | Files.O_EXCL, 0600));
    results.add("below a file " + opened(files, at + "file/x", create, 0600));
    results.add("below nothing " + opened(files, at + "x/y", create, 0600));
    results.add("a link itself " + opened(files, at + "link", Files.O_NOFOLLOW, 0));
    results.add("a loop " + opened(files, at + "loop", 0, 0));
    results.add("write a folder " + opened(files, at + "sub", Files.O_WRONLY, 0));
    results.add("no folder " + opened(files, at + "file", Files.O_DIRECTORY, 0));
    results.add("long " + files.open(at + "n".repeat(256), create, 0600));
    results.add("longer " + files.open(at + "n/".repeat(2100), create, 0600));
    results.add("empty " + files.open("", create, 0600));
    results.add("fifo " + files.makeFifo(at + "fifo", 0600) + files.makeFifo(at + "fifo", 0600));
    results.add("of a kind " + files.kind(at + "fifo"));
    results.add("chmod " + files.setPermissions(at + "file", 0400));
    results.add("chmod of none " + files.setPermissions(at + "none", 0400));
    int open = files.open(at, Files.O_DIRECTORY, 0);
    FolderListing listing = new FolderListing();
    results.add("list " + files.list(open, listing) + entries(listing));
    results.add("again " + files.list(open, listing));
    results.add("within " + opened(files, open, "sub", Files.O_DIRECTORY | Files.O_NOFOLLOW));
    results.add("no link " + opened(files, open, "link", Files.O_NOFOLLOW));
    results.add("no folder " + opened(files, open, "link", Files.O_DIRECTORY | Files.O_NOFOLLOW));
    results.add("not within " + opened(files, open, "none", 0));
    files.close(open);
    results.add("unlink " + files.unlink(at + "link") + files.unlink(at + "fifo"));
    results.add("unlink again " + files.unlink(at + "fifo") + files.unlink(at + "sub"));
    int file = files.open(at + "file", 0, 0);
    results.add("list a file " + files.list(file, listing) + files.list(1 << 20, listing));
    files.close(file);
    return results;
  }

  private static String opened(Files files, String path, int flags, int permissions) {
    return result(files, files.open(path, flags, permissions));
  }

  private static String opened(Files files, int folder, String name, int flags) {
    return result(files, files.openAt(folder, name, flags));
  }

  private static String result(Files files, int opened) {
    if (opened < 0) {
      return Integer.toString(opened);
    }
    String text = "open, of kind " + files.kind(opened);
    files.close(opened);
    return text;
  }

  private static Set<String> entries(FolderListing listing) {
    Set<String> entries = new TreeSet<>();
    for (int i = 0; i < listing.size(); i++) {
      entries.add(listing.name(i) + " " + listing.kind(i));
    }
    return entries;
  }

  @Test
  void whatATestWritesAProgramReads() throws IOException {
    tree.writeFile("/tmp/a", "one".getBytes(UTF_8));
    tree.append("tmp/a", " two".getBytes(UTF_8));
    int file = kernel.files().open("/tmp/a", Files.O_RDWR | Files.O_APPEND, 0);
    byte[] bytes = new byte[16];
    assertThat(kernel.files().read(file, bytes, 0, 3)).isEqualTo(3);
    assertThat(kernel.files().write(file, "!".getBytes(UTF_8), 0, 1)).isOne();
    assertThat(new String(tree.readFile("/tmp/a"), UTF_8)).isEqualTo("one two!");
    tree.rename("/tmp/a", "/tmp/b");
    tree.delete("/tmp/b");
    assertThat(tree.exists("/tmp/b")).isFalse();
    kernel.files().close(file);
    int reader = kernel.files().open("/dev/null", 0, 0);
    assertThat(kernel.files().read(reader, bytes, 0, 1)).isZero();
    assertThat(kernel.files().write(reader, bytes, 0, 1)).isEqualTo(Result.EBADF);
    kernel.files().close(reader);
    assertThat(kernel.openDescriptors()).isEmpty();
  }

  @Test
  void whatCannotBeIsRefused() throws IOException {
    tree.makeFolder("/tmp/full");
    tree.makeFolder("/tmp/full/inner");
    tree.writeFile("/tmp/file", new byte[1]);
    assertThatThrownBy(() -> tree.delete("/tmp/full")).hasMessageContaining("ENOTEMPTY");
    assertThatThrownBy(() -> tree.rename("/tmp/full", "/tmp/full/inner/x"))
        .hasMessageStartingWith("rename(/tmp/full to /tmp/full/inner/x): EINVAL");
    assertThatThrownBy(() -> tree.rename("/tmp/file", "/tmp/full")).hasMessageContaining("EISDIR");
    assertThatThrownBy(() -> tree.rename("/tmp/full", "/tmp/file")).hasMessageContaining("ENOTDIR");
    assertThatThrownBy(() -> tree.rename("/tmp/none", "/tmp/x")).hasMessageContaining("ENOENT");
    assertThatThrownBy(() -> tree.readFile("/tmp")).hasMessageContaining("EISDIR");
    assertThatThrownBy(() -> tree.unmount("/")).hasMessageContaining("EBUSY");
    tree.setPermissions("/tmp/file", 0);
    assertThat(kernel.files().open("/tmp/file", 0, 0)).isEqualTo(Codes.EACCES);
    tree.setPermissions("/tmp/full", 0500);
    assertThatThrownBy(() -> tree.delete("/tmp/full/inner")).hasMessageContaining("EACCES");
  }
}
