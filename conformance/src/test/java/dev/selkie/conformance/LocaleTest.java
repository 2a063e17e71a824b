package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.UnixAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A locale that cannot express a file's name: no other file takes its place. */
final class LocaleTest {
  @TempDir private Path folder;

  /** Names a socket and a file by letters that ASCII lacks. */
  static final class Naming {
    private static final String NAME = "gr\u00f6\u00dfe";

    public static void main(String[] arguments) {
      try {
        System.out.println(UnixAddress.path("/run/" + NAME));
      } catch (IllegalArgumentException e) {
        System.out.println(e.getMessage());
      }
      String path = arguments[0] + "/" + NAME;
      Files files = Kernel.system().files();
      System.out.println(Errno.of(files.open(path, Files.O_CREAT | Files.O_RDWR, 0600)));
      System.out.println(Errno.of(files.rename(arguments[0], path)));
      System.out.println(UnixAddress.path("/run/ascii"));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX) // others have UTF-8 in every locale
  void whatItCannotExpressIsRefused() throws Exception {
    assertThat(ChildJvm.run("export LC_ALL=C", List.of(), Naming.class, folder.toString()).lines())
        .containsExactly(
            "/run/gr??e: not expressible in US-ASCII: start Java in a UTF-8 locale",
            "EILSEQ",
            "EILSEQ",
            "/run/ascii");
    assertThat(folder).isEmptyDirectory();
  }
}
