import java.io.IOException;
import java.lang.foreign.*;
import java.lang.invoke.*;
import java.nio.charset.StandardCharsets;

/**
 * S2: the same call through C's library, which knows the numbers.
 *
 * <p>The function is called write on every system with POSIX; what a failure means, {@code
 * strerror(3)} says. A class holds what S1 passed about: so the layers of a library begin.
 */
static final class C {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final AddressLayout TEXT = // of unknown length, up to a zero
      ValueLayout.ADDRESS.withTargetLayout(
          MemoryLayout.sequenceLayout(Long.MAX_VALUE, ValueLayout.JAVA_BYTE));

  private final MethodHandle write =
      LINKER.downcallHandle(
          function("write"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG),
          Linker.Option.captureCallState("errno"));
  private final MethodHandle strerror =
      LINKER.downcallHandle(
          function("strerror"), FunctionDescriptor.of(TEXT, ValueLayout.JAVA_INT));

  private static MemorySegment function(String name) {
    return LINKER
        .defaultLookup()
        .find(name)
        .orElseThrow(() ->
            new UnsupportedOperationException("this system has no function " + name + " in C"));
  }

  /** Writes a text to a descriptor, and returns how many bytes it took. */
  long write(int descriptor, String text) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      MemorySegment state = arena.allocate(STATE);
      long written = (long) write.invokeExact(state, descriptor, memory, (long) bytes.length);
      if (written < 0) {
        int errno = (int) ERRNO.get(state, 0L);
        MemorySegment why = (MemorySegment) strerror.invokeExact(errno);
        throw new IOException(
            "write, descriptor %d: errno %d (%s)".formatted(descriptor, errno, why.getString(0)));
      }
      return written;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e); // a method handle may declare no less
    }
  }
}

void main() throws IOException {
  try {
    C c = new C();
    c.write(1, "S2: written by write of C's library\n");
    try {
      c.write(-1, "nobody reads this");
    } catch (IOException e) {
      IO.println("S2: " + e.getMessage());
    }
  } catch (UnsupportedOperationException e) {
    System.err.println("S2: " + e.getMessage());
    System.exit(1);
  }
}
