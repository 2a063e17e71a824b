import static java.lang.foreign.ValueLayout.*;

import dev.selkie.*;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.foreign.*;
import java.net.NetworkInterface;
import java.nio.*;
import java.time.Duration;
import java.util.HexFormat;

/**
 * Prints the frames of a CAN bus, and first sends one of its own, which others on the bus see.
 *
 * <p>A recipe: a raw CAN socket, as the kernel's page networking/can describes it, in {@link
 * RawSource}: each read is a struct can_frame of 16 bytes, an identifier, a length and eight bytes
 * of data. The arguments are the interface and for how many seconds to wait for a frame. Linux
 * only; a virtual bus is made by {@code ip link add vcan0 type vcan} and {@code ip link set vcan0
 * up}.
 */
static final int AF_CAN = 29;

static final int SOCK_RAW = 3;
static final int SOCK_CLOEXEC = 0x80000;
static final int CAN_RAW = 1;

static int bus(int index) throws Throwable {
  Linker linker = Linker.nativeLinker();
  var socket =
      linker.downcallHandle(
          linker.defaultLookup().findOrThrow("socket"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  var bind =
      linker.downcallHandle(
          linker.defaultLookup().findOrThrow("bind"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  try (Arena arena = Arena.ofConfined()) {
    MemorySegment address = arena.allocate(24, 8); // struct sockaddr_can
    address.set(JAVA_SHORT, 0, (short) AF_CAN);
    address.set(JAVA_INT, 4, index);
    int number = (int) socket.invokeExact(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);
    if (number < 0 || (int) bind.invokeExact(number, address, 24) < 0) {
      throw new IOException("this kernel has no CAN sockets, or the interface is none of a bus");
    }
    return number;
  }
}

void main(String[] args) throws Throwable {
  NetworkInterface bus = args.length == 0 ? null : NetworkInterface.getByName(args[0]);
  if (bus == null) {
    System.err.println("give the interface of a CAN bus, such as vcan0");
    System.exit(2);
  }
  Duration quiet = Duration.ofSeconds(args.length < 2 ? 60 : Integer.parseInt(args[1]));
  ByteBuffer frame = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
  try (EventQueue<RawSource> queue = EventQueue.open();
      RawSource frames = RawSource.own(bus(bus.getIndex()))) {
    queue.register(frames, Interest.READABLE, frames);
    frames.write(frame.putInt(0x123).put((byte) 2).put(8, (byte) 1).put(9, (byte) 2).clear());
    while (!queue.await(quiet).isEmpty()) {
      while (frames.read(frame.clear()) == 16) {
        String data = HexFormat.of().formatHex(frame.array(), 8, 8 + frame.get(4));
        IO.println("%03x %s".formatted(frame.getInt(0) & 0x1fffffff, data));
      }
    }
  } catch (IOException e) {
    System.err.println(e.getMessage());
    System.exit(1);
  }
}
