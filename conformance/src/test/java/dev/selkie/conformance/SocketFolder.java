package dev.selkie.conformance;

import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A folder for the paths of sockets: a new one on the machine, /tmp of a simulated host. */
final class SocketFolder implements AutoCloseable {
  private final boolean machine;
  private final String folder;

  SocketFolder(Configuration configuration) throws IOException {
    this.machine = configuration.isMachine();
    this.folder = machine ? Files.createTempDirectory("unix").toString() : "/tmp";
  }

  String path(String name) {
    return folder + "/" + name;
  }

  UnixAddress address(String name) {
    return UnixAddress.path(path(name));
  }

  @Override
  public void close() throws IOException {
    if (machine) {
      try (Stream<Path> paths = Files.list(Path.of(folder))) {
        for (Path path : paths.toList()) {
          Files.delete(path);
        }
      }
      Files.delete(Path.of(folder));
    }
  }
}
