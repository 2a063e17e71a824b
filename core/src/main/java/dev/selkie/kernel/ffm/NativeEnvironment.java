package dev.selkie.kernel.ffm;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * This process's environment, environ(7), in texts from which its very bytes can be had again.
 *
 * <p>System.getenv() is no source of it: what the JVM's charset has no characters for, such as all
 * beyond ASCII under {@code LANG=C}, is lost there.
 */
final class NativeEnvironment {
  private static final String PART = "processes";

  /** The longest entry that Linux takes, MAX_ARG_STRLEN, fits. */
  private static final int MOST_BYTES = 1 << 20;

  /** A byte of no character stands in a text as an unpaired surrogate, U+DC80 to U+DCFF. */
  private static final int ESCAPE = 0xdc00;

  private static final int FIRST_ESCAPED = 0xdc80;
  private static final int LAST_ESCAPED = 0xdcff;

  /*
   * Read once: the JVM changes nothing of it, but a C library that calls setenv(3) may free what is
   * being read at any later time. The JDK reads it once too.
   */
  private static final List<String> ENTRIES = read();

  private NativeEnvironment() {}

  /** The entries, {@code NAME=value} each. */
  static List<String> entries() {
    return ENTRIES;
  }

  private static List<String> read() {
    long entries = address();
    List<String> texts = new ArrayList<>();
    if (entries != 0) {
      long entry = NativeMemory.readLong(entries);
      for (long at = entries + Long.BYTES; entry != 0; at += Long.BYTES) {
        addText(texts, NativeMemory.readBytes(entry, MOST_BYTES));
        entry = NativeMemory.readLong(at);
      }
    }
    if (texts.isEmpty()) { // or it is not found: FreeBSD has it in the program, not in its library
      System.getenv().forEach((name, value) -> texts.add(name + "=" + value));
    }
    return List.copyOf(texts);
  }

  /** The address of the first entry's address; 0 if there is none. */
  private static long address() {
    MethodHandle apple = Native.optional(PART, "_NSGetEnviron");
    if (apple != null) {
      CallState state = CallState.enter();
      long variable = NativeCall.call(apple, state, 0, 0, 0, 0);
      state.exit();
      return NativeMemory.readLong(variable);
    }
    Optional<Long> variable = Native.variable(PART, "environ");
    return variable.isPresent() ? NativeMemory.readLong(variable.get()) : 0;
  }

  /** What has no name is left out, as by the JDK. */
  private static void addText(List<String> texts, byte[] entry) {
    int name = 1;
    while (name < entry.length && entry[name] != '=') {
      name++;
    }
    if (name < entry.length) {
      texts.add(
          text(Arrays.copyOf(entry, name))
              + "="
              + text(Arrays.copyOfRange(entry, name + 1, entry.length)));
    }
  }

  /** A text of which {@link #bytes} makes these bytes. */
  static String text(byte[] bytes) {
    String text = new String(bytes, NativeFiles.PATHS);
    if (Arrays.equals(bytes, text.getBytes(NativeFiles.PATHS))) {
      return text;
    }
    StringBuilder escaped = new StringBuilder();
    for (byte each : bytes) {
      escaped.append((char) (each >= 0 ? each : ESCAPE | (each & 0xff)));
    }
    return escaped.toString();
  }

  /** The bytes of any text that a child is given. */
  static byte[] bytes(String text) {
    ByteArrayOutputStream bytes = null;
    int done = 0;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int point = text.codePointAt(i);
      if (point >= FIRST_ESCAPED && point <= LAST_ESCAPED) {
        bytes = append(bytes, text.substring(done, i));
        bytes.write(point);
        done = i + 1;
      }
    }
    String rest = text.substring(done);
    return bytes == null ? rest.getBytes(NativeFiles.PATHS) : append(bytes, rest).toByteArray();
  }

  private static ByteArrayOutputStream append(@Nullable ByteArrayOutputStream to, String text) {
    ByteArrayOutputStream bytes = to == null ? new ByteArrayOutputStream() : to;
    bytes.writeBytes(text.getBytes(NativeFiles.PATHS));
    return bytes;
  }
}
