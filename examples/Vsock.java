import static java.lang.foreign.ValueLayout.*;

import dev.selkie.*;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.foreign.*;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Sends a line to a virtual machine's host, or to itself, and prints the answer.
 *
 * <p>A recipe: a stream of AF_VSOCK, vsock(7), in {@link RawSource}. The arguments are the
 * context's number (2 the host, 1 this machine itself), the port and the line. Linux only.
 */
static final int AF_VSOCK = 40;

static final int SOCK_STREAM = 1;
static final int SOCK_CLOEXEC_NONBLOCK = 0x80800;
static final Linker LINKER = Linker.nativeLinker();

static MethodHandle function(String name, MemoryLayout... parameters) {
  return LINKER.downcallHandle(
      LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, parameters));
}

/** A connection that is being made: a struct sockaddr_vm is family, padding, port and context. */
static int connecting(int context, int port) throws Throwable {
  var socket = function("socket", JAVA_INT, JAVA_INT, JAVA_INT);
  var connect = function("connect", JAVA_INT, ADDRESS, JAVA_INT);
  try (Arena arena = Arena.ofConfined()) {
    MemorySegment address = arena.allocate(16, 4);
    address.set(JAVA_SHORT, 0, (short) AF_VSOCK);
    address.set(JAVA_INT, 4, port);
    address.set(JAVA_INT, 8, context);
    int number = (int) socket.invokeExact(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC_NONBLOCK, 0);
    if (number < 0) {
      throw new IOException("this kernel has no AF_VSOCK");
    }
    int started = (int) connect.invokeExact(number, address, 16); // EINPROGRESS shows in writing
    return number;
  }
}

void main(String[] args) throws Throwable {
  if (args.length != 3) {
    System.err.println("give a context, a port and a line");
    System.exit(2);
  }
  ByteBuffer buffer = ByteBuffer.wrap((args[2] + "\n").getBytes(StandardCharsets.UTF_8));
  try (EventQueue<String> queue = EventQueue.open();
      RawSource stream =
          RawSource.own(connecting(Integer.parseInt(args[0]), Integer.parseInt(args[1])))) {
    var registration = queue.register(stream, Interest.WRITABLE, "connected");
    if (queue.await(Duration.ofSeconds(10)).isEmpty()) {
      throw new IOException("nobody answers");
    }
    int number = stream.descriptor().number();
    long error = queue.kernel().sockets().getOption(number, SocketOption.SO_ERROR);
    if (error != 0) {
      throw new SystemCallException("connect", "vsock", (int) -error, queue.kernel());
    }
    stream.write(buffer);
    registration.modify(Interest.READABLE, "answer");
    if (queue.await(Duration.ofSeconds(10)).isEmpty()) {
      throw new IOException("no answer");
    }
    ByteBuffer answer = ByteBuffer.allocate(4096);
    stream.read(answer);
    IO.print(StandardCharsets.UTF_8.decode(answer.flip()));
  } catch (IOException e) {
    System.err.println(e.getMessage());
    System.exit(1);
  }
}
