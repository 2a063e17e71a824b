package dev.selkie.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SocketOption;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Profiles against the ABI tables, against this machine's headers, and against broken files. */
final class ProfileTest {
  static final List<String> BUNDLED = Profile.BUNDLED;

  private static final Path FOLDER =
      Path.of("src/main/resources/dev/selkie/kernel/ffm/profiles").toAbsolutePath();

  @TempDir Path folder = Path.of("");

  // Against the tables

  @TestFactory
  Stream<DynamicContainer> everyCellOfTheTablesIsInItsProfile() {
    AbiTable table = AbiTable.read();
    return BUNDLED.stream()
        .map(name ->
            DynamicContainer.dynamicContainer(
                name,
                table.sections().stream()
                    .map(section ->
                        DynamicTest.dynamicTest(
                            name + " section " + section,
                            () ->
                                assertThat(table.differences(Profile.bundled(name), section))
                                    .isEmpty()))));
  }

  @Test
  void everySystemOfTheTablesHasManyCells() {
    AbiTable table = AbiTable.read();
    for (String column : AbiTable.COLUMN_OF.values()) {
      assertThat(table.cells(column)).as(column).isGreaterThan(300);
    }
    assertThat(AbiTable.COLUMN_OF.keySet()).containsExactlyInAnyOrderElementsOf(BUNDLED);
  }

  // The profiles among themselves

  @Test
  void bundledListsEachProfileThatNoOtherIncludes() throws IOException {
    Set<String> whole = new HashSet<>();
    Set<String> included = new HashSet<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.toList()) {
        whole.add(file.getFileName().toString().replace(".properties", ""));
        for (String line : Files.readAllLines(file)) {
          if (line.startsWith("include = ")) {
            included.add(line.substring("include = ".length()));
          }
        }
      }
    }
    whole.removeAll(included);
    assertThat(BUNDLED).containsExactlyInAnyOrderElementsOf(whole);
  }

  @Test
  void noFileGivesAKeyTwice() throws IOException {
    List<String> repeated = new ArrayList<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.toList()) {
        Set<String> keys = new HashSet<>();
        for (String line : Files.readAllLines(file)) {
          int equals = line.indexOf(" = ");
          if (equals > 0 && !line.startsWith("#") && !keys.add(line.substring(0, equals))) {
            repeated.add(file.getFileName() + ": " + line);
          }
        }
      }
    }
    assertThat(repeated).isEmpty();
  }

  @ParameterizedTest
  @FieldSource("BUNDLED")
  void fieldsLieInTheirStructAndApartFromEachOther(String name) {
    Profile profile = Profile.bundled(name);
    TreeMap<String, TreeMap<Integer, String>> structs = new TreeMap<>();
    for (String key : profile.names("field")) {
      int dot = key.indexOf('.');
      String struct = key.substring(0, dot);
      String field = key.substring(dot + 1);
      structs
          .computeIfAbsent(struct, _ -> new TreeMap<>())
          .merge(
              profile.offset(struct, field),
              field,
              (one, two) -> {
                throw new AssertionError(struct + ": " + one + " and " + two + " share an offset");
              });
    }
    structs.forEach((struct, fields) -> {
      int end = 0;
      for (var field : fields.entrySet()) {
        assertThat(field.getKey()).as(struct + "." + field.getValue()).isGreaterThanOrEqualTo(end);
        boolean open = field.getValue().equals("name");
        end = field.getKey() + (open ? 0 : profile.width(struct, field.getValue()));
      }
      assertThat(end).as(struct).isLessThanOrEqualTo(profile.size(struct));
    });
  }

  @ParameterizedTest
  @FieldSource("BUNDLED")
  void errnosTranslateThereAndBack(String name) {
    Profile profile = Profile.bundled(name);
    for (Errno errno : Errno.values()) {
      int number = profile.nativeErrno(errno.number());
      if (profile.findErrno(errno.name()).isPresent()) {
        assertThat(number).as(errno.name()).isEqualTo(profile.findErrno(errno.name()).getAsInt());
        assertThat(profile.canonicalErrno(number)).as(errno.name()).isEqualTo(errno.number());
      } else {
        assertThat(number).as(errno.name()).isZero();
      }
    }
    int stranger = 4_000;
    assertThat(profile.canonicalErrno(stranger)).isEqualTo(Errno.UNKNOWN_BASE + stranger);
    assertThat(profile.nativeErrno(Errno.UNKNOWN_BASE + stranger)).isEqualTo(stranger);
  }

  @Test
  void linuxHasTheCanonicalNumbersAndAllOfThem() {
    Profile linux = Profile.bundled("linux-x86_64");
    for (Errno errno : Errno.values()) {
      if (errno != Errno.UNKNOWN) {
        assertThat(linux.nativeErrno(errno.number())).as(errno.name()).isEqualTo(errno.number());
      }
    }
  }

  @Test
  void bothOfMacOssNotSupportedAreOneError() {
    Profile mac = Profile.bundled("macos-aarch64");
    assertThat(mac.canonicalErrno(45)).isEqualTo(Errno.EOPNOTSUPP.number());
    assertThat(mac.canonicalErrno(102)).isEqualTo(Errno.EOPNOTSUPP.number());
    assertThat(mac.nativeErrno(Errno.EOPNOTSUPP.number())).isEqualTo(102);
  }

  @Test
  void errorsThatOnlyTheBsdsHaveKeepTheirNumber() {
    Profile freebsd = Profile.bundled("freebsd-x86_64");
    int limit = freebsd.canonicalErrno(67);
    assertThat(limit).isEqualTo(10_067);
    assertThat(Errno.of(-limit)).isEqualTo(Errno.UNKNOWN);
    assertThat(freebsd.nativeErrno(limit)).isEqualTo(67);
  }

  @Test
  void linuxHasEveryOptionOfTheInterface() {
    Profile linux = Profile.bundled("linux-aarch64");
    for (SocketOption option : SocketOption.values()) {
      assertThat(linux.hasOption(option.name())).as(option.name()).isTrue();
    }
  }

  @Test
  void requestsWithTheTopBitAreUnsignedWhereAskedFor() {
    Profile mac = Profile.bundled("macos-x86_64");
    assertThat(mac.constant("FIONBIO")).isNegative();
    assertThat(mac.unsignedConstant("FIONBIO")).isEqualTo(0x8004667eL);
  }

  // Which profile

  @ParameterizedTest
  @CsvSource({
    "Linux,amd64,linux-x86_64",
    "Linux,aarch64,linux-aarch64",
    "Mac OS X,aarch64,macos-aarch64",
    "Mac OS X,x86_64,macos-x86_64",
    "FreeBSD,amd64,freebsd-x86_64",
    "OpenBSD,amd64,openbsd-x86_64",
    "NetBSD,aarch64,netbsd-aarch64",
    "DragonFlyBSD,amd64,dragonfly-x86_64",
  })
  void theSystemsNamesChooseTheProfile(String system, String architecture, String expected) {
    assertThat(Profile.choose(null, system, architecture).name()).isEqualTo(expected);
  }

  @Test
  void anUnsupportedSystemIsToldWhatThereIs() {
    assertThatThrownBy(() -> Profile.choose(null, "Windows 11", "amd64"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(
            "os.name=Windows 11", "os.arch=amd64", "netbsd-aarch64", "-D" + Profile.PROPERTY + "=");
  }

  @Test
  void aNamedFileGoesBeforeTheSystem() throws IOException {
    Path file = write("mine.properties", "include = linux-x86_64", "system = Mine");
    Profile profile = Profile.choose(file.toString(), "Windows 11", "amd64");
    assertThat(profile.system()).isEqualTo("Mine");
    assertThat(profile.name()).isEqualTo(file.toString());
    assertThat(profile.size("epoll_event")).isEqualTo(12);
  }

  @Test
  void theRunningSystemsProfileIsChosenOnce() {
    assumeTrue(
        System.getProperty("os.name").equals("Linux"), "the build runs on a system with a profile");
    assertThat(Profile.current()).isSameAs(Profile.current());
    assertThat(Profile.current().system()).isEqualTo("Linux");
  }

  // Includes, symbols and libraries

  @Test
  void laterKeysOverrideWhatIsIncluded() throws IOException {
    write("base.properties", "system = Base", "constant.A = 1", "constant.B = 2");
    write("more.properties", "constant.B = 3", "constant.C = 0xffffffff");
    Path file =
        write("own.properties", "constant.A = 9", "include = base.properties, ./more.properties");
    Profile profile = Profile.load(file);
    assertThat(profile.constant("A")).isEqualTo(9);
    assertThat(profile.constant("B")).isEqualTo(3);
    assertThat(profile.constant("C")).isEqualTo(-1);
    assertThat(profile.system()).isEqualTo("Base");
  }

  @Test
  void aFileMayBeIncludedTwiceWithoutACycle() throws IOException {
    write("base.properties", "system = Base", "constant.A = 1");
    write("left.properties", "include = base.properties");
    write("right.properties", "include = base.properties");
    Path file = write("own.properties", "include = left.properties, right.properties");
    assertThat(Profile.load(file).constant("A")).isEqualTo(1);
  }

  @Test
  void symbolsAreRenamedOneByOneOrByPrefix() throws IOException {
    Profile profile =
        Profile.load(
            write(
                "own.properties",
                "system = Own",
                "symbol.prefix = own_",
                "symbol.prefix.sockets = net_",
                "symbol.prefix.files =",
                "symbol.kevent = __kevent50"));
    assertThat(profile.symbol("epoll", "epoll_wait")).isEqualTo("own_epoll_wait");
    assertThat(profile.symbol("sockets", "bind")).isEqualTo("net_bind");
    assertThat(profile.symbol("files", "read")).isEqualTo("read");
    assertThat(profile.symbol("kqueue", "kevent")).isEqualTo("__kevent50");
    assertThat(Profile.bundled("netbsd-x86_64").symbol("sockets", "socket"))
        .isEqualTo("__socket30");
  }

  @Test
  void eachPartMayComeFromALibraryOfItsOwn() throws IOException {
    Profile profile =
        Profile.load(
            write(
                "own.properties",
                "system = Own",
                "library = /lib/all.so",
                "library.kqueue = /lib/libkqueue.so",
                "library.clock ="));
    assertThat(profile.library("sockets")).contains("/lib/all.so");
    assertThat(profile.library("kqueue")).contains("/lib/libkqueue.so");
    assertThat(profile.library("clock")).isEmpty();
    assertThat(Profile.bundled("linux-x86_64").library("files")).isEmpty();
  }

  @Test
  void functionsExistOrDoNotOrMayExist() {
    Profile freebsd = Profile.bundled("freebsd-x86_64");
    assertThat(freebsd.has("accept4")).isTrue();
    assertThat(freebsd.mustProbe("accept4")).isFalse();
    assertThat(freebsd.has("eventfd")).isTrue();
    assertThat(freebsd.mustProbe("eventfd")).isTrue();
    assertThat(freebsd.has("epoll_create1")).isFalse();
    assertThat(freebsd.has("EVFILT_USER")).isTrue();
    assertThat(freebsd.has("EPOLLIN")).isFalse();
  }

  // Broken profiles

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "constant.A = twelve            | constant.A        | not a number of 32 bits: \"twelve\"",
        "constant.A = 0x1ffffffff       | constant.A        | not a number",
        "constant.A =                   | constant.A        | not a number",
        "constant = 1                   | constant          | no such key",
        "konstant.A = 1                 | konstant.A        | no such family",
        "system.name = x                | system.name       | no such key",
        "struct.kevent = 32             | struct.kevent     | expected struct.NAME.size",
        "struct.kevent.size = 0         | struct.kevent.size | not a positive number",
        "struct.kevent.data = 16:       | struct.kevent.data | not a number",
        "struct.kevent.data = -8:8      | struct.kevent.data | a negative offset",
        "option.SO_X = 7                | option.SO_X       | expected LEVEL,number",
        "option.SO_X = SOL_NONE,7       | option.SO_X       | no constant is named SOL_NONE",
        "errno.EPERM = -1               | errno.EPERM       | not a positive number",
        "errno.EPERM = 10000            | errno.EPERM       | not below 10000",
        "function.accept4 = maybe       | function.accept4  | expected yes, no or probe",
        "quirk.kqueue1 = perhaps        | quirk.kqueue1     | not a number",
        "library.socket = x             | library.socket    | no such part",
        "symbol.prefix.socket = x       | symbol.prefix.socket | no such part",
        "symbol.read =                  | symbol.read       | an empty symbol",
        "include = solaris              | include           | no bundled profile is named solaris",
        "include = ../x/../linux        | include           | cannot be read: no such file",
        "include = linux,               | include           | an empty name",
        "include = missing.properties   | include           | cannot be read: no such file",
      })
  void aMistakeNamesTheFileAndTheKey(String line, String key, String problem) throws IOException {
    Path file = write("broken.properties", "system = Broken", line);
    assertThatThrownBy(() -> Profile.load(file))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(file + ", key " + key + ": ", problem);
  }

  @Test
  void aMistakeInAnIncludedFileNamesThatFile() throws IOException {
    Path inner = write("inner.properties", "constant.A = x");
    Path outer = write("outer.properties", "include = inner.properties");
    assertThatThrownBy(() -> Profile.load(outer)).hasMessageContaining(inner + ", key constant.A");
  }

  @Test
  void anIncludeCycleIsShown() throws IOException {
    Path one = write("one.properties", "include = two.properties");
    Path two = write("two.properties", "include = one.properties");
    assertThatThrownBy(() -> Profile.load(one))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a cycle: " + one + " > " + two + " > " + one);
  }

  @Test
  void aBrokenEscapeAndAMissingFileAreNamed() throws IOException {
    Path file = write("escape.properties", "system = \\u12zz");
    assertThatThrownBy(() -> Profile.load(file))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(file.toString());
    Path missing = folder.resolve("missing.properties");
    assertThatThrownBy(() -> Profile.load(missing))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("profile " + missing + " cannot be read: no such file");
    assertThatThrownBy(() -> Profile.load(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("profile " + folder + " cannot be read: Is a directory");
    assertThatThrownBy(() -> Profile.bundled("../profiles/linux"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no bundled profile");
  }

  @Test
  void askingForWhatIsNotThereNamesProfileAndKey() throws IOException {
    Path file = write("own.properties", "system = Own", "struct.s.size = 8", "struct.s.f = 4");
    Profile own = Profile.load(file);
    assertThatThrownBy(() -> own.constant("EPOLLIN"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("profile " + file + " has no constant.EPOLLIN");
    assertThat(own.offset("s", "f")).isEqualTo(4);
    assertThatThrownBy(() -> own.width("s", "f")).hasMessageContaining("struct.s.f");
    assertThatThrownBy(() -> own.offset("s", "g")).hasMessageContaining("struct.s.g");
    assertThatThrownBy(() -> own.size("t")).hasMessageContaining("struct.t.size");
    assertThatThrownBy(() -> own.optionName("SO_X")).hasMessageContaining("option.SO_X");
    assertThatThrownBy(() -> own.optionLevel("SO_X")).hasMessageContaining("option.SO_X");
    assertThatThrownBy(() -> own.quirkNumber("q")).hasMessageContaining("quirk.q");
    assertThat(own.quirk("q")).isFalse();
    Path nameless = write("nameless.properties", "constant.A = 1");
    assertThatThrownBy(() -> Profile.load(nameless)).hasMessageContaining("has no system");
  }

  private Path write(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), List.of(lines));
  }

  // Against the headers of this machine

  /** What older headers lack; the values of these rest on the tables where they are not there. */
  private static final Set<String> MAY_LACK =
      Set.of(
          "EPIOCSPARAMS",
          "EPIOCGPARAMS",
          "PIDFD_SIGNAL_PROCESS_GROUP",
          "P_PIDFD",
          "SYS_epoll_pwait2");

  @Test
  @EnabledOnOs(OS.LINUX)
  void thisMachinesHeadersAgree() throws IOException, InterruptedException {
    Optional<Path> compiler = compiler();
    assumeTrue(
        compiler.isPresent(), "no C compiler (cc, gcc or clang) on PATH: headers not compared");
    Profile profile = Profile.current();
    List<String> differences = new ArrayList<>();
    Set<String> lacking = new TreeSet<>();
    int compared = 0;
    for (String line : runC(compiler.get(), program(profile))) {
      String[] word = line.split(" ", -1);
      long inHeaders = word[1].equals("?") ? 0 : Long.parseLong(word[1]);
      if (word[1].equals("?")) {
        lacking.add(word[0]);
      } else if ((int) inHeaders != expected(profile, word[0])) {
        differences.add(line + ", the profile " + expected(profile, word[0]));
      }
      compared++;
    }
    assertThat(differences).isEmpty();
    lacking.removeAll(MAY_LACK);
    assertThat(lacking).as("names that the headers do not know").isEmpty();
    assertThat(compared).isGreaterThan(400);
  }

  private static int expected(Profile profile, String what) {
    String[] part = what.split("[.]", -1);
    return switch (part[0]) {
      case "size" -> profile.size(part[1]);
      case "offset" -> profile.offset(part[1], part[2]);
      case "width" -> profile.width(part[1], part[2]);
      case "option" -> profile.optionName(part[1]);
      case "errno" -> profile.findErrno(part[1]).orElseThrow();
      default -> profile.constant(part[0]);
    };
  }

  private static String program(Profile profile) {
    StringBuilder c = new StringBuilder("#define _GNU_SOURCE\n");
    String headers =
        """
        dirent errno fcntl netdb poll signal spawn stddef stdio termios time unistd netinet/in netinet/tcp netinet/udp \
        sys/epoll sys/eventfd sys/inotify sys/ioctl sys/resource sys/signalfd sys/socket \
        sys/syscall sys/timerfd sys/uio sys/un sys/utsname sys/wait linux/vm_sockets linux/sockios\
        """;
    for (String header : headers.split(" ", -1)) {
      c.append("#include <").append(header).append(".h>\n");
    }
    c.append("int main(void) {\n");
    profile.names("constant").forEach(name -> constant(c, name, name));
    profile.names("option").forEach(name -> constant(c, "option." + name, name));
    profile.names("errno").forEach(name -> constant(c, "errno." + name, name));
    for (String struct : profile.names("struct")) {
      if (!struct.equals("epoll_params")) {
        print(c, "size." + struct, "sizeof(" + type(struct) + ")");
      }
    }
    for (String field : profile.names("field")) {
      int dot = field.indexOf('.');
      String struct = field.substring(0, dot);
      String member = field.substring(dot + 1);
      if (!struct.equals("epoll_params")) {
        String offset = "offsetof(" + type(struct) + ", " + member + ")";
        print(c, "offset." + field, offset);
        if (!field.equals("inotify_event.name")) {
          print(c, "width." + field, "sizeof(((" + type(struct) + "*)0)->" + member + ")");
        }
      }
    }
    return c.append("return 0; }\n").toString();
  }

  private static String type(String struct) {
    return struct.equals("sigset_t") ? struct : "struct " + struct;
  }

  private static void constant(StringBuilder c, String label, String name) {
    // Of the names that the profile has, glibc defines these as enumerators alone.
    boolean enumerator = name.equals("P_PIDFD");
    c.append(enumerator ? "#if 0\n" : "#ifdef " + name + "\n");
    print(c, label, name);
    c.append("#else\nputs(\"").append(label).append(" ?\");\n#endif\n");
  }

  private static void print(StringBuilder c, String label, String expression) {
    c.append("printf(\"").append(label).append(" %lld\\n\", (long long)(");
    c.append(expression).append("));\n");
  }

  private static Optional<Path> compiler() {
    for (String name : List.of("cc", "gcc", "clang")) {
      for (String place : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
        Path candidate = Path.of(place, name);
        if (Files.isExecutable(candidate)) {
          return Optional.of(candidate);
        }
      }
    }
    return Optional.empty();
  }

  private List<String> runC(Path compiler, String program)
      throws IOException, InterruptedException {
    Path source = write("headers.c", program);
    Path binary = folder.resolve("headers");
    run(List.of(compiler.toString(), "-w", "-o", binary.toString(), source.toString()));
    return run(List.of(binary.toString())).lines().toList();
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
