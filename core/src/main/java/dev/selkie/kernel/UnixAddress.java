package dev.selkie.kernel;

import java.io.Serial;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The address of a Unix socket, unix(7): a path, a name in Linux's abstract name space, or none.
 *
 * <p>How long it may be is the system's to say: {@link Sockets#longestPath}. Wherever a socket
 * takes an address, a {@link UnixDomainSocketAddress} of the JDK does too. Immutable.
 */
public final class UnixAddress extends SocketAddress {
  @Serial private static final long serialVersionUID = 1;
  private static final UnixAddress UNNAMED = new UnixAddress(new byte[0]);
  private static final int PRINTABLE = 0x20;
  private static final int DELETE = 0x7f;

  /** What is in sun_path: a path without its NUL, or a NUL and an abstract name. */
  private final byte[] bytes;

  private UnixAddress(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A path, absolute or from the process's folder, in the bytes that the JVM's file names have.
   *
   * @throws IllegalArgumentException if it is empty, has a NUL, or has a character that those bytes
   *     cannot express
   */
  public static UnixAddress path(String path) {
    if (path.isEmpty() || path.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          path.isEmpty() ? "an empty path names no socket" : "a path with a NUL: " + path);
    }
    try {
      ByteBuffer encoded = pathCharset().newEncoder().encode(CharBuffer.wrap(path));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return new UnixAddress(bytes);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          path + ": not expressible in " + pathCharset() + ": start Java in a UTF-8 locale", e);
    }
  }

  /** A path of the default file system; otherwise as {@link #path(String)}. */
  public static UnixAddress path(Path path) {
    return path(path.toString());
  }

  /** A name that is no file's, and ends with its last socket: Linux alone has such. In UTF-8. */
  public static UnixAddress abstractName(String name) {
    return abstractName(name.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * An abstract name of any bytes.
   *
   * @throws IllegalArgumentException if it is empty
   */
  public static UnixAddress abstractName(byte[] name) {
    if (name.length == 0) {
      throw new IllegalArgumentException("an abstract name has a byte at least");
    }
    byte[] bytes = new byte[name.length + 1];
    System.arraycopy(name, 0, bytes, 1, name.length);
    return new UnixAddress(bytes);
  }

  /** No address; Linux gives a socket that is bound to it a free abstract name. */
  public static UnixAddress unnamed() {
    return UNNAMED;
  }

  /** What a system has in sun_path, as far as its length says. */
  public static UnixAddress ofBytes(byte[] bytes) {
    return bytes.length == 0 ? UNNAMED : new UnixAddress(bytes.clone());
  }

  /** The address of a Unix socket, of this type or the JDK's; null if it is another family's. */
  public static @Nullable UnixAddress of(@Nullable SocketAddress address) {
    if (address instanceof UnixAddress unix) {
      return unix;
    }
    if (address instanceof UnixDomainSocketAddress jdk) {
      String path = jdk.getPath().toString();
      return path.isEmpty() ? UNNAMED : path(path);
    }
    return null;
  }

  private static Charset pathCharset() {
    return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
  }

  /** Whether it is a file's name. */
  public boolean isPath() {
    return bytes.length > 0 && bytes[0] != 0;
  }

  /** Whether it is a name in Linux's abstract name space. */
  public boolean isAbstract() {
    return bytes.length > 0 && bytes[0] == 0;
  }

  /** Whether it is none. */
  public boolean isUnnamed() {
    return bytes.length == 0;
  }

  /** The path, or null if it is none. */
  public @Nullable String path() {
    return isPath() ? new String(bytes, pathCharset()) : null;
  }

  /** How many bytes of sun_path it takes: of a path without its NUL, of a name with the first. */
  public int length() {
    return bytes.length;
  }

  /** A byte of sun_path. */
  public byte byteAt(int index) {
    return bytes[index];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof UnixAddress address && Arrays.equals(bytes, address.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** The path, an abstract name after an {@code @}, or {@code unnamed}. */
  @Override
  public String toString() {
    String path = path();
    if (path != null || isUnnamed()) {
      return path == null ? "unnamed" : path;
    }
    StringBuilder text = new StringBuilder("@");
    for (char c : new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8).toCharArray()) {
      text.append(c < PRINTABLE || c == DELETE ? '?' : c);
    }
    return text.toString();
  }
}
