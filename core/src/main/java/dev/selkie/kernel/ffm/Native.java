package dev.selkie.kernel.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Handles of C functions, all of one shape. */
final class Native {
  /*
   * Linking a shape costs tens of milliseconds, binding a function to a linked shape microseconds.
   * So there is one shape for all: six 64-bit words to one, and errno captured. The calling
   * conventions of x86-64 (System V) and of AArch64 pass the first six integers and pointers in
   * registers: a function reads as many as it has, and the lower halves where it has an int. What
   * it returns as an int is in the lower half of the result, whose upper half means nothing.
   *
   * Variadic functions have a shape of their own, since Apple's arm64 passes the variadic part on
   * the stack.
   */
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;
  private static final FunctionDescriptor SHAPE =
      FunctionDescriptor.of(WORD, WORD, WORD, WORD, WORD, WORD, WORD);
  private static final FunctionDescriptor VARIADIC_SHAPE =
      FunctionDescriptor.of(WORD, WORD, WORD, WORD);
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  private Native() {}

  /**
   * Fails early, and with the way out, where the JVM denies native access.
   *
   * @throws IllegalStateException if it does
   */
  @SuppressWarnings("restricted") // a restricted call that does nothing
  static void requireAccess() {
    try {
      MemorySegment.NULL.reinterpret(0);
    } catch (IllegalCallerException e) {
      throw new IllegalStateException(
          "native access is denied to Selkie: start java with --enable-native-access="
              + (Native.class.getModule().isNamed() ? "dev.selkie" : "ALL-UNNAMED"),
          e);
    }
  }

  private static final class Fixed {
    @SuppressWarnings("restricted") // the shape fits every function bound here, see above
    static final MethodHandle HANDLE = Linker.nativeLinker().downcallHandle(SHAPE, ERRNO);
  }

  private static final class Variadic {
    @SuppressWarnings("restricted") // fcntl, ioctl and open: two fixed words, one variadic
    static final MethodHandle HANDLE =
        Linker.nativeLinker()
            .downcallHandle(VARIADIC_SHAPE, ERRNO, Linker.Option.firstVariadicArg(2));
  }

  /**
   * A function of a part: {@code (MemorySegment errno, long × 6) → long}.
   *
   * @throws UnsatisfiedLinkError if the library does not have it
   */
  static MethodHandle function(String part, String name) {
    return Fixed.HANDLE.bindTo(require(part, name));
  }

  /** A function that may be missing. */
  static @Nullable MethodHandle optional(String part, String name) {
    if (!Profile.current().has(name)) {
      return null;
    }
    return find(part, name).map(Fixed.HANDLE::bindTo).orElse(null);
  }

  /** A variadic function: {@code (MemorySegment errno, long × 3) → long}. */
  static MethodHandle variadic(String part, String name) {
    return Variadic.HANDLE.bindTo(require(part, name));
  }

  /** The address of a variable of the library, which may be missing. */
  static Optional<Long> variable(String part, String name) {
    return find(part, name).map(MemorySegment::address);
  }

  private static MemorySegment require(String part, String name) {
    return find(part, name)
        .orElseThrow(() ->
            new UnsatisfiedLinkError(
                "the C library has no function %s (profile %s, part %s)"
                    .formatted(
                        Profile.current().symbol(part, name), Profile.current().name(), part)));
  }

  @SuppressWarnings("restricted") // a library that the profile names, kept for the process's life
  private static Optional<MemorySegment> find(String part, String name) {
    Profile profile = Profile.current();
    SymbolLookup lookup =
        profile
            .library(part)
            .map(Native::open)
            .orElseGet(() -> Linker.nativeLinker().defaultLookup());
    return lookup.find(profile.symbol(part, name));
  }

  /** A path is a file; a bare name is looked for where the system looks for libraries. */
  @SuppressWarnings("restricted") // a library that the profile names, kept for the process's life
  private static SymbolLookup open(String library) {
    try {
      return library.contains("/")
          ? SymbolLookup.libraryLookup(Path.of(library), Arena.global())
          : SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "profile %s: the library %s cannot be loaded"
              .formatted(Profile.current().name(), library),
          e);
    }
  }
}
