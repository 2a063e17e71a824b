package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The native kernel by profiles of systems that this machine is not: what it does where calls are
 * missing, and a kqueue of another library, with symbols of its own.
 */
final class OtherPlatformTest {
  /** What macOS lacks, taken from this system, too. */
  private static final String WITHOUT_FLAGS =
      """
      function.accept4 = no
      function.pipe2 = no
      function.dup3 = no
      constant.SOCK_NONBLOCK = 0
      constant.SOCK_CLOEXEC = 0
      """;

  /** A kqueue by another library: the example of docs/platforms.md. */
  private static final String EMULATED_KQUEUE =
      """
      system = emulated kqueue
      function.epoll_create1 = no
      function.kqueue = yes
      function.kevent = yes
      library.kqueue = %s
      symbol.prefix.kqueue = emulated_
      symbol.kevent = emulated_kevent32
      struct.kevent.size = 32
      struct.kevent.ident = 0:8
      struct.kevent.filter = 8:2
      struct.kevent.flags = 10:2
      struct.kevent.fflags = 12:4
      struct.kevent.data = 16:8
      struct.kevent.udata = 24:8
      constant.EVFILT_READ = -1
      constant.EVFILT_WRITE = -2
      """;

  @TempDir private Path folder;

  @BeforeEach
  void linux() {
    assumeTrue(Kernel.system().name().equals("Linux"), "the profiles here begin with Linux's");
  }

  private List<String> profile(String text) throws IOException {
    String architecture = System.getProperty("os.arch");
    String bundled = architecture.equals("amd64") ? "linux-x86_64" : "linux-" + architecture;
    Path file =
        Files.writeString(folder.resolve("own.properties"), "include = " + bundled + "\n" + text);
    return List.of("-Ddev.selkie.kernel.profile=" + file);
  }

  @Test
  void withoutFlagsAtCreationTheyAreSetAfterwards() throws Exception {
    String output = ChildJvm.run(":", profile(WITHOUT_FLAGS), Flags.class);
    assertThat(output).contains("6 descriptors, all close-on-exec and non-blocking");
  }

  @Test
  void withoutFlagsAtCreationTheContractHolds() throws Exception {
    String output =
        ChildJvm.run(
            ":",
            profile(WITHOUT_FLAGS),
            ContractChild.class,
            "PipeTest-adoptingTakesAnEndThatGoesBothWays",
            "TcpAcceptTest-theBacklogIsServedOnceADescriptorIsFree",
            "TcpConnectTest",
            "TcpOptionsTest",
            "EventTest",
            "WakeTest");
    assertThat(output).contains("Linux waits by epoll", "cases passed");
  }

  @Test
  void whatCannotBeSetAfterwardsIsClosed() throws Exception {
    Path library = library("bsd_descriptors", "-DFOLDER=\"" + folder + "\"");
    String parts = "library.files = %s%nlibrary.sockets = %s%n".formatted(library, library);
    String output =
        ChildJvm.run(":", profile(WITHOUT_FLAGS + parts), SetAfterwards.class, folder.toString());
    assertThat(output)
        .contains(
            "F_SETFD fails: pipe, socketpair, socket, accept are closed",
            "F_SETFL fails: pipe, socketpair, socket are closed",
            "accepted: close-on-exec and non-blocking");
  }

  @ParameterizedTest
  @CsvSource({
    "epoll, epoll_pwait2, ENOSYS",
    "epoll, epoll_pwait2, EPERM",
    "poll, ppoll, ENOSYS",
    "poll, ppoll, EPERM"
  })
  void aRefusedWaitIsAskedForOnceAndFallsBackToMilliseconds(
      String backend, String call, String errno) throws Exception {
    Path library = library("refused_waits", "-DREFUSAL=" + errno);
    List<String> options =
        new ArrayList<>(profile("library.epoll = %s%nlibrary.poll = %1$s%n".formatted(library)));
    options.add("-Ddev.selkie.backend=" + backend);
    String output = ChildJvm.run(":", options, ContractChild.class, "AwaitTest", "TimeoutTest");
    assertThat(output).contains("waits by " + backend, "cases passed");
    assertThat(output.split(call + " refused", -1)).as(output).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "EventTest ModifyTest BatchTest WakeTest AwaitTest",
        "TriggerModeTest NestedQueueTest RegisteringTest CloseTest CauseTest InterruptTest"
      })
  void aKqueueOfAnotherLibraryIsDrivenByAProfileAlone(String classes) throws Exception {
    String output =
        ChildJvm.run(
            ":",
            profile(EMULATED_KQUEUE.formatted(emulation())),
            ContractChild.class,
            classes.split(" ", -1));
    assertThat(output).contains("emulated kqueue waits by kqueue", "cases passed");
  }

  @Test
  void aMissingSymbolOrLibraryIsToldByName() throws Exception {
    String other = EMULATED_KQUEUE.formatted(emulation()).replace("emulated_kevent32", "nothing");
    assertThat(failure(other)).contains("no function nothing", "part kqueue");
    assertThat(failure(EMULATED_KQUEUE.formatted("/no/such/library.so")))
        .contains("the library /no/such/library.so cannot be loaded");
  }

  private String failure(String text) throws Exception {
    try {
      return ChildJvm.run(":", profile(text), ContractChild.class);
    } catch (AssertionError e) {
      return Objects.requireNonNull(e.getMessage());
    }
  }

  private Path emulation() throws IOException, InterruptedException {
    return library("emulated_kqueue", "-O1", "-pthread");
  }

  /** A library of the test resources, compiled by the machine's C compiler. */
  private Path library(String name, String... options) throws IOException, InterruptedException {
    Optional<Path> compiler = compiler();
    assumeTrue(
        compiler.isPresent(),
        "no C compiler (cc, gcc or clang) on PATH: no library " + name + " to load");
    Path source = folder.resolve(name + ".c");
    try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(name + ".c"))) {
      Files.write(source, in.readAllBytes());
    }
    Path library = folder.resolve(name + ".so");
    List<String> command = new ArrayList<>(List.of(compiler.get().toString()));
    command.addAll(List.of("-shared", "-fPIC"));
    command.addAll(List.of(options));
    command.addAll(List.of("-o", library.toString(), source.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return library;
  }

  private static Optional<Path> compiler() {
    for (String name : List.of("cc", "gcc", "clang")) {
      for (String place : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
        Path candidate = Path.of(place, name);
        if (Files.isExecutable(candidate)) {
          return Optional.of(candidate);
        }
      }
    }
    return Optional.empty();
  }

  /** Makes descriptors of each kind and looks at their flags from outside. */
  static final class Flags {
    private static final int NON_BLOCKING = 04000;
    private static final int CLOSE_ON_EXEC = 02000000;

    private Flags() {}

    /** Runs. */
    public static void main(String[] arguments) throws IOException {
      Kernel kernel = Kernel.system();
      int[] pipe = new int[2];
      int[] pair = new int[2];
      check(kernel.files().pipe(pipe));
      check(kernel.sockets().pair(Sockets.Type.STREAM, pair));
      int socket = check(kernel.sockets().socket(Sockets.Domain.INET, Sockets.Type.STREAM));
      int copy = check(kernel.files().duplicateTo(pipe[0], 200));
      int[] all = {pipe[0], pipe[1], pair[0], pair[1], socket, copy};
      for (int number : all) {
        requireBoth(number);
      }
      System.out.println(all.length + " descriptors, all close-on-exec and non-blocking");
    }

    /** Fails unless a descriptor is close-on-exec and non-blocking. */
    static void requireBoth(int number) throws IOException {
      int flags = flags(number);
      if ((flags & NON_BLOCKING) == 0 || (flags & CLOSE_ON_EXEC) == 0) {
        throw new AssertionError("fd " + number + " has flags 0" + Integer.toOctalString(flags));
      }
    }

    private static int check(int result) {
      if (result < 0) {
        throw new AssertionError("a call failed with " + result);
      }
      return result;
    }

    private static int flags(int number) throws IOException {
      for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + number))) {
        if (line.startsWith("flags:")) {
          return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
        }
      }
      throw new AssertionError("no flags of fd " + number);
    }
  }
}
