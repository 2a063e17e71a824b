package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Errno;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one system and architecture means in numbers: struct layouts, constants, errno values,
 * symbol names, libraries and quirks, read from a {@code .properties} file.
 *
 * <p>Every key is checked when the file is read, so that a slip in a profile is one clear message
 * at start and not a wrong system call later. A profile never changes once it is read.
 */
final class Profile {
  /** The system property that names a file to be used instead of a bundled profile. */
  static final String PROPERTY = "dev.selkie.kernel.profile";

  /** The bundled profiles of whole systems; those for inclusion only are not listed. */
  static final List<String> BUNDLED =
      List.of(
          "linux-x86_64",
          "linux-aarch64",
          "linux-riscv64",
          "macos-aarch64",
          "macos-x86_64",
          "freebsd-x86_64",
          "freebsd-aarch64",
          "openbsd-x86_64",
          "openbsd-aarch64",
          "netbsd-x86_64",
          "netbsd-aarch64",
          "dragonfly-x86_64");

  /** The parts of the kernel that can come from a library or carry a symbol prefix of their own. */
  static final Set<String> PARTS =
      Set.of(
          "files",
          "sockets",
          "epoll",
          "kqueue",
          "poll",
          "clock",
          "processes",
          "signals",
          "terminals",
          "names");

  private static volatile @Nullable Profile current;

  private final String name;
  private String system = "";
  private final Map<String, Integer> constants = new HashMap<>();

  /** By {@code struct.field}: the offset in the upper half, the width (0 = not given) below. */
  private final Map<String, Long> fields = new HashMap<>();

  private final Map<String, Integer> sizes = new HashMap<>();
  private final Map<String, Integer> alignments = new HashMap<>();
  private final Map<String, String> optionLevels = new HashMap<>();
  private final Map<String, Integer> optionNames = new HashMap<>();
  private final Map<String, String> functions = new HashMap<>();
  private final Map<String, String> quirks = new HashMap<>();
  private final Map<String, String> symbols = new HashMap<>();
  private final Map<String, String> prefixes = new HashMap<>();
  private final Map<String, String> libraries = new HashMap<>();
  private final Map<String, Integer> errnos = new HashMap<>();
  private int[] canonicalByNative = {};
  private int[] nativeByCanonical = {};

  private Profile(String name) {
    this.name = name;
  }

  /**
   * The profile of the running system, chosen at the first call.
   *
   * @throws IllegalStateException if there is none for this system, or it is malformed; a later
   *     call tries again
   */
  static Profile current() {
    Profile chosen = current;
    if (chosen == null) {
      synchronized (Profile.class) {
        chosen = current;
        if (chosen == null) {
          chosen =
              choose(
                  System.getProperty(PROPERTY),
                  System.getProperty("os.name", ""),
                  System.getProperty("os.arch", ""));
          current = chosen;
        }
      }
    }
    return chosen;
  }

  /** The profile for a file, if one is named, or else for a system and an architecture. */
  static Profile choose(@Nullable String file, String osName, String osArch) {
    if (file != null && !file.isEmpty()) {
      return load(Path.of(file));
    }
    String bundled = systemKey(osName).concat("-").concat(architectureKey(osArch));
    if (!BUNDLED.contains(bundled)) {
      throw new IllegalStateException(
          "no profile for this system (os.name="
              + osName
              + ", os.arch="
              + osArch
              + "); bundled are "
              + String.join(", ", BUNDLED)
              + "; supply a file by -D"
              + PROPERTY
              + "=/path/to/profile.properties");
    }
    return bundled(bundled);
  }

  private static String systemKey(String osName) {
    String lower = osName.toLowerCase(Locale.ROOT);
    if (lower.startsWith("mac") || lower.startsWith("darwin")) {
      return "macos";
    }
    return lower.startsWith("dragonfly") ? "dragonfly" : lower;
  }

  private static String architectureKey(String osArch) {
    return switch (osArch) {
      case "amd64", "x86-64" -> "x86_64";
      case "arm64" -> "aarch64";
      default -> osArch;
    };
  }

  /**
   * The bundled profile of that name, such as {@code linux-x86_64}.
   *
   * @throws IllegalStateException if there is none or it is malformed
   */
  static Profile bundled(String name) {
    Profile profile = new Profile(name);
    profile.readBundled(name, name, new ArrayList<>());
    return profile.complete();
  }

  /**
   * The profile in that file; its name is the path as given.
   *
   * @throws IllegalStateException if it cannot be read or is malformed
   */
  static Profile load(Path file) {
    Profile profile = new Profile(file.toString());
    profile.readFile(file, file.toString(), new ArrayList<>());
    return profile.complete();
  }

  /** The name it was asked for by: a bundled name or a file's path. */
  String name() {
    return name;
  }

  /** The system's name for people, such as {@code Linux}. */
  String system() {
    return system;
  }

  /** Whether the system has that struct. */
  boolean hasStruct(String struct) {
    return sizes.containsKey(struct);
  }

  /** The struct's size in bytes. */
  int size(String struct) {
    return require(sizes, struct, "struct.", ".size");
  }

  /** The struct's alignment in bytes, for the few structs where it is not the natural one. */
  int alignment(String struct) {
    return require(alignments, struct, "struct.", ".alignment");
  }

  /** Whether the struct has that field. */
  boolean hasField(String struct, String field) {
    return fields.containsKey(struct.concat(".").concat(field));
  }

  /** The field's offset in bytes. */
  int offset(String struct, String field) {
    return (int) (field(struct, field) >>> 32);
  }

  /** The field's width in bytes. */
  int width(String struct, String field) {
    int width = (int) field(struct, field);
    if (width == 0) {
      throw missing("a width (offset:width) of struct." + struct + "." + field);
    }
    return width;
  }

  private long field(String struct, String field) {
    String key = struct.concat(".").concat(field);
    Long packed = fields.get(key);
    if (packed == null) {
      throw missing("struct." + key);
    }
    return packed;
  }

  /** The constant's value; one of 32 bits with the top bit set is negative. */
  int constant(String constant) {
    return require(constants, constant, "constant.", "");
  }

  /** The constant's value as an unsigned number, for {@code unsigned long} such as ioctl's. */
  long unsignedConstant(String constant) {
    return Integer.toUnsignedLong(constant(constant));
  }

  /** The constant's value, if the system has it. */
  OptionalInt find(String constant) {
    Integer value = constants.get(constant);
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }

  /**
   * Whether the system has that constant, or may have that function. Functions that all systems
   * have are not listed in profiles: do not ask for them.
   */
  boolean has(String constantOrFunction) {
    if (constants.containsKey(constantOrFunction)) {
      return true;
    }
    String existence = functions.get(constantOrFunction);
    return existence != null && !existence.equals("no");
  }

  /** Whether that function exists on some versions of the system only: look before linking. */
  boolean mustProbe(String function) {
    return "probe".equals(functions.get(function));
  }

  /** Whether the system has that socket option. */
  boolean hasOption(String option) {
    return optionNames.containsKey(option);
  }

  /** The level of a socket option, for getsockopt and setsockopt. */
  int optionLevel(String option) {
    String level = optionLevels.get(option);
    if (level == null) {
      throw missing("option." + option);
    }
    return constant(level);
  }

  /** The number of a socket option within its level. */
  int optionName(String option) {
    return require(optionNames, option, "option.", "");
  }

  /** The C symbol to look up for a function of that part. */
  String symbol(String part, String function) {
    String renamed = symbols.get(function);
    if (renamed != null) {
      return renamed;
    }
    String prefix = prefixes.get(part);
    if (prefix == null) {
      prefix = prefixes.getOrDefault("", "");
    }
    return prefix.concat(function);
  }

  /** The library that part comes from, or nothing for the process's own lookup. */
  Optional<String> library(String part) {
    String library = libraries.get(part);
    if (library == null) {
      library = libraries.getOrDefault("", "");
    }
    return library.isEmpty() ? Optional.empty() : Optional.of(library);
  }

  /**
   * The canonical number of a system's errno; {@link Errno#UNKNOWN_BASE} plus the number where the
   * canonical numbering has no such error.
   */
  int canonicalErrno(int nativeNumber) {
    return nativeNumber > 0 && nativeNumber < canonicalByNative.length
        ? canonicalByNative[nativeNumber]
        : Errno.UNKNOWN_BASE + nativeNumber;
  }

  /** The system's errno for a canonical number, or 0 if the system has no such error. */
  int nativeErrno(int canonical) {
    if (canonical > Errno.UNKNOWN_BASE) {
      return canonical - Errno.UNKNOWN_BASE;
    }
    return canonical > 0 && canonical < nativeByCanonical.length ? nativeByCanonical[canonical] : 0;
  }

  /** Whether the quirk is {@code true}; one that the profile does not name is not. */
  boolean quirk(String quirk) {
    return "true".equals(quirks.get(quirk));
  }

  /** The number of a quirk that is a number. */
  int quirkNumber(String quirk) {
    String value = quirks.get(quirk);
    if (value == null) {
      throw missing("quirk." + quirk);
    }
    return number(name, "quirk.".concat(quirk), value);
  }

  /** The names of one family ({@code constant}, {@code option}, {@code errno}), for tests. */
  Set<String> names(String family) {
    return Set.copyOf(
        switch (family) {
          case "constant" -> constants.keySet();
          case "option" -> optionNames.keySet();
          case "errno" -> errnos.keySet();
          case "struct" -> sizes.keySet();
          case "field" -> fields.keySet();
          case "function" -> functions.keySet();
          case "quirk" -> quirks.keySet();
          default -> throw new IllegalArgumentException(family);
        });
  }

  /** The system's own errno of that name, if it has one. */
  OptionalInt findErrno(String errno) {
    Integer value = errnos.get(errno);
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private int require(Map<String, Integer> map, String entry, String before, String after) {
    Integer value = map.get(entry);
    if (value == null) {
      throw missing(before + entry + after);
    }
    return value;
  }

  private IllegalStateException missing(String key) {
    return new IllegalStateException("profile " + name + " has no " + key);
  }

  // Reading. Start-up waits for it: no string concatenation, lambda or pattern on the way, each of
  // which costs milliseconds at its first use in a process.

  private void readBundled(String bundled, String includedBy, List<String> chain) {
    // Names come from files of users: keep a look-up within the folder of profiles.
    InputStream resource =
        bundled.indexOf('/') >= 0
            ? null
            : Profile.class.getResourceAsStream("profiles/".concat(bundled).concat(".properties"));
    if (resource == null) {
      throw chain.isEmpty()
          ? new IllegalStateException("no bundled profile " + bundled + "; there are " + BUNDLED)
          : malformed(includedBy, "include", "no bundled profile is named " + bundled);
    }
    try (resource) {
      read(bundled, resource, null, chain);
    } catch (IOException e) {
      throw new IllegalStateException("profile " + bundled + " cannot be read: " + e, e);
    }
  }

  private void readFile(Path file, String includedBy, List<String> chain) {
    try (InputStream in = Files.newInputStream(file)) {
      read(file.toString(), in, file.toAbsolutePath().normalize(), chain);
    } catch (IOException e) {
      String reason = Files.exists(file) ? e.getMessage() : "no such file";
      String problem =
          file
              + " cannot be read: "
              + (e instanceof AccessDeniedException ? "no permission" : reason);
      throw new IllegalStateException(
          chain.isEmpty()
              ? "profile " + problem
              : malformed(includedBy, "include", problem).getMessage(),
          e);
    }
  }

  private void read(String source, InputStream in, @Nullable Path file, List<String> chain)
      throws IOException {
    String identity = file == null ? source : file.toString();
    if (chain.contains(identity)) {
      throw malformed(
          chain.getLast(), "include", "a cycle: " + String.join(" > ", chain) + " > " + identity);
    }
    Properties properties = new Properties();
    try {
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("profile " + source + ": " + e.getMessage(), e);
    }
    chain.add(identity);
    Object includes = properties.remove("include");
    if (includes != null) {
      include(source, file, includes.toString(), chain);
    }
    chain.removeLast();
    for (Map.Entry<Object, Object> entry : properties.entrySet()) {
      put(source, entry.getKey().toString(), entry.getValue().toString().strip());
    }
  }

  private void include(String source, @Nullable Path file, String includes, List<String> chain) {
    for (String item : includes.split(",", -1)) {
      String included = item.strip();
      if (included.isEmpty()) {
        throw malformed(source, "include", "an empty name in \"" + includes + "\"");
      }
      boolean isPath = included.indexOf('/') >= 0 || included.endsWith(".properties");
      if (isPath && file != null) {
        readFile(file.resolveSibling(included), source, chain);
      } else {
        readBundled(included, source, chain);
      }
    }
  }

  private void put(String source, String key, String value) {
    int dot = key.indexOf('.');
    String family = dot < 0 ? key : key.substring(0, dot);
    String rest = dot < 0 ? "" : key.substring(dot + 1);
    boolean bare = key.equals("system") || key.equals("library");
    if (rest.isEmpty() != bare || (family.equals("system") && !bare)) {
      throw malformed(source, key, "no such key");
    }
    switch (family) {
      case "system" -> system = value;
      case "library" -> libraries.put(rest.isEmpty() ? "" : part(source, key, rest), value);
      case "symbol" -> putSymbol(source, key, rest, value);
      case "struct" -> putStruct(source, key, rest, value);
      case "constant" -> constants.put(rest, number(source, key, value));
      case "option" -> putOption(source, key, rest, value);
      case "errno" -> errnos.put(rest, errno(source, key, value));
      case "function" -> functions.put(rest, existence(source, key, value));
      case "quirk" -> quirks.put(rest, quirkValue(source, key, value));
      default -> throw malformed(source, key, "no such family of keys");
    }
  }

  private void putSymbol(String source, String key, String rest, String value) {
    if (rest.equals("prefix")) {
      prefixes.put("", value);
    } else if (rest.startsWith("prefix.")) {
      prefixes.put(part(source, key, rest.substring("prefix.".length())), value);
    } else if (value.isEmpty()) {
      throw malformed(source, key, "an empty symbol");
    } else {
      symbols.put(rest, value);
    }
  }

  private void putStruct(String source, String key, String rest, String value) {
    int dot = rest.indexOf('.');
    if (dot <= 0 || dot == rest.length() - 1) {
      throw malformed(source, key, "expected struct.NAME.size or struct.NAME.FIELD");
    }
    String struct = rest.substring(0, dot);
    String field = rest.substring(dot + 1);
    if (field.equals("size")) {
      sizes.put(struct, positive(source, key, value));
    } else if (field.equals("alignment")) {
      alignments.put(struct, positive(source, key, value));
    } else {
      int colon = value.indexOf(':');
      String offset = colon < 0 ? value : value.substring(0, colon);
      long width = colon < 0 ? 0 : positive(source, key, value.substring(colon + 1));
      int at = number(source, key, offset);
      if (at < 0) {
        throw malformed(source, key, "a negative offset: " + value);
      }
      fields.put(rest, (long) at << 32 | width);
    }
  }

  private void putOption(String source, String key, String rest, String value) {
    int comma = value.indexOf(',');
    if (comma <= 0) {
      throw malformed(source, key, "expected LEVEL,number but found \"" + value + "\"");
    }
    optionLevels.put(rest, value.substring(0, comma).strip());
    optionNames.put(rest, number(source, key, value.substring(comma + 1)));
  }

  private static String part(String source, String key, String part) {
    if (!PARTS.contains(part)) {
      throw malformed(source, key, "no such part; there are " + PARTS.stream().sorted().toList());
    }
    return part;
  }

  private static String existence(String source, String key, String value) {
    return switch (value) {
      case "yes", "no", "probe" -> value;
      default -> throw malformed(source, key, "expected yes, no or probe, found \"" + value + '"');
    };
  }

  private static String quirkValue(String source, String key, String value) {
    if (!value.equals("true") && !value.equals("false")) {
      number(source, key, value);
    }
    return value;
  }

  private static int errno(String source, String key, String value) {
    int number = positive(source, key, value);
    if (number >= Errno.UNKNOWN_BASE) {
      throw malformed(source, key, "not below " + Errno.UNKNOWN_BASE + ": " + value);
    }
    return number;
  }

  private static int positive(String source, String key, String value) {
    int number = number(source, key, value);
    if (number <= 0) {
      throw malformed(source, key, "not a positive number: \"" + value + '"');
    }
    return number;
  }

  private static int number(String source, String key, String value) {
    String text = value.strip();
    try {
      return text.startsWith("0x")
          ? Integer.parseUnsignedInt(text, 2, text.length(), 16)
          : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw malformed(source, key, "not a number of 32 bits: \"" + text + '"');
    }
  }

  private static IllegalStateException malformed(String source, String key, String problem) {
    return new IllegalStateException("profile " + source + ", key " + key + ": " + problem);
  }

  /** Checks what only the whole can show, and inverts the errno table. */
  private Profile complete() {
    if (system.isEmpty()) {
      throw missing("system");
    }
    for (Map.Entry<String, String> option : optionLevels.entrySet()) {
      if (!constants.containsKey(option.getValue())) {
        throw malformed(
            name, "option." + option.getKey(), "no constant is named " + option.getValue());
      }
    }
    int largest = 0;
    for (int number : errnos.values()) {
      largest = Math.max(largest, number);
    }
    canonicalByNative = new int[largest + 1];
    for (int number = 0; number <= largest; number++) {
      canonicalByNative[number] = Errno.UNKNOWN_BASE + number;
    }
    Errno[] canonical = Errno.values();
    // UNKNOWN comes last and is no error of any system.
    nativeByCanonical = new int[canonical[canonical.length - 2].number() + 1];
    for (Errno errno : canonical) {
      Integer number = errnos.get(errno.name());
      if (number != null) {
        canonicalByNative[number] = errno.number();
        nativeByCanonical[errno.number()] = number;
      }
    }
    // One canonical number serves both; macOS and two BSDs keep a second native one.
    Integer notSupported = errnos.get("ENOTSUP");
    if (notSupported != null) {
      canonicalByNative[notSupported] = Errno.EOPNOTSUPP.number();
    }
    return this;
  }
}
