package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.simulation.SimulatedFileTree;
import dev.selkie.simulation.SimulatedKernel;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** A folder of its own on the machine, or on a simulated host, for a test to change files in. */
abstract class Disk implements AutoCloseable {
  private static final byte[] SOME = {1, 2, 3};

  final Path root;

  private Disk(Path root) {
    this.root = root;
  }

  static Disk of(Kernel host) throws IOException {
    return host instanceof SimulatedKernel simulated
        ? new Simulated(simulated.fileTree())
        : new Machine(Files.createTempDirectory("selkie").toRealPath());
  }

  Path at(String name) {
    return root.resolve(name);
  }

  abstract void makeFolder(String name) throws IOException;

  /** Makes a file that is empty. */
  abstract void makeFile(String name) throws IOException;

  /** Opens a file that is there, writes to its end, and closes it. */
  abstract void append(String name, byte[] bytes) throws IOException;

  final void append(String name) throws IOException {
    append(name, SOME);
  }

  abstract void rename(String from, String to) throws IOException;

  abstract void delete(String name) throws IOException;

  abstract void makeLink(String name, String target) throws IOException;

  abstract void setReadable(String name, boolean readable) throws IOException;

  @Override
  public abstract void close() throws IOException;

  private static final class Machine extends Disk {
    Machine(Path root) {
      super(root);
    }

    @Override
    void makeFolder(String name) throws IOException {
      Files.createDirectory(at(name));
    }

    @Override
    void makeFile(String name) throws IOException {
      Files.write(at(name), new byte[0], StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    @Override
    void append(String name, byte[] bytes) throws IOException {
      Files.write(at(name), bytes, StandardOpenOption.APPEND);
    }

    @Override
    void rename(String from, String to) throws IOException {
      Files.move(at(from), at(to), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    void delete(String name) throws IOException {
      Files.delete(at(name));
    }

    @Override
    void makeLink(String name, String target) throws IOException {
      Files.createSymbolicLink(at(name), Path.of(target));
    }

    @Override
    void setReadable(String name, boolean readable) throws IOException {
      Files.setPosixFilePermissions(
          at(name), PosixFilePermissions.fromString(readable ? "rwx------" : "-wx------"));
    }

    @Override
    public void close() throws IOException {
      if (!Files.exists(root)) {
        return;
      }
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    }
  }

  private static final class Simulated extends Disk {
    private final SimulatedFileTree tree;

    Simulated(SimulatedFileTree tree) throws IOException {
      super(Path.of("/tmp/selkie"));
      this.tree = tree;
      tree.makeFolder(root.toString());
    }

    private String text(String name) {
      return at(name).toString();
    }

    @Override
    void makeFolder(String name) throws IOException {
      tree.makeFolder(text(name));
    }

    @Override
    void makeFile(String name) throws IOException {
      tree.writeFile(text(name), new byte[0]);
    }

    @Override
    void append(String name, byte[] bytes) throws IOException {
      tree.append(text(name), bytes);
    }

    @Override
    void rename(String from, String to) throws IOException {
      tree.rename(text(from), text(to));
    }

    @Override
    void delete(String name) throws IOException {
      tree.delete(text(name));
    }

    @Override
    void makeLink(String name, String target) throws IOException {
      tree.makeLink(text(name), target);
    }

    @Override
    void setReadable(String name, boolean readable) throws IOException {
      tree.setPermissions(text(name), readable ? 0700 : 0300);
    }

    @Override
    public void close() {
      // The host goes with it.
    }
  }
}
