import java.io.IOException;
import java.lang.foreign.*;
import java.lang.invoke.*;
import java.nio.charset.StandardCharsets;

/**
 * S1: a system call by its number.
 *
 * <p>A program asks the kernel for something by a number in a register and a trap. C's {@code
 * syscall(2)} does just that, and nothing else; the number of write(2) differs by system and
 * processor.
 */
static long numberOfWrite() {
  String machine = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
  return switch (machine) {
    case "Linux on amd64" -> 1;
    case "Linux on aarch64" -> 64;
    default ->
        throw new UnsupportedOperationException(
            "the number of write(2) is not known here for " + machine + "; S2 needs none");
  };
}

/** The function {@code long syscall(long number, ...)} of C's library, with three arguments. */
static MethodHandle syscall() {
  Linker linker = Linker.nativeLinker();
  return linker.downcallHandle(
      linker.defaultLookup().findOrThrow("syscall"),
      FunctionDescriptor.of(
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_LONG),
      Linker.Option.firstVariadicArg(1), // some processors pass what follows another way
      Linker.Option.captureCallState("errno")); // before the JVM makes calls of its own
}

/** Writes a text to a descriptor. */
static void write(MethodHandle syscall, long number, long descriptor, String text)
    throws IOException {
  StructLayout state = Linker.Option.captureStateLayout();
  try (Arena arena = Arena.ofConfined()) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    MemorySegment captured = arena.allocate(state);
    long written =
        (long) syscall.invokeExact(captured, number, descriptor, memory, (long) bytes.length);
    if (written < 0) {
      VarHandle errno = state.varHandle(MemoryLayout.PathElement.groupElement("errno"));
      int why = (int) errno.get(captured, 0L);
      throw new IOException("call %d, descriptor %d: errno %d".formatted(number, descriptor, why));
    }
  } catch (IOException | RuntimeException | Error e) {
    throw e;
  } catch (Throwable e) {
    throw new AssertionError(e); // a method handle may declare no less
  }
}

void main() throws IOException {
  try {
    long number = numberOfWrite();
    MethodHandle syscall = syscall();
    write(syscall, number, 1, "S1: written by system call " + number + "\n");
    try {
      write(syscall, number, -1, "nobody reads this");
    } catch (IOException e) {
      IO.println("S1: " + e.getMessage());
    }
  } catch (UnsupportedOperationException e) {
    System.err.println("S1: " + e.getMessage());
    System.exit(1);
  }
}
