import dev.selkie.*;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.RawSource;
import java.nio.*;
import java.time.Duration;

/**
 * Prints what a keyboard, mouse or other input device reports, until it has said nothing for as
 * many seconds as the second argument says (60 without).
 *
 * <p>A recipe: a device's file in {@link RawSource}, here of evdev, as the kernel's page
 * input/input.rst describes it: each read gives structs of 24 bytes, a time, a type, a code and a
 * value. The file is opened by the kernel's own call, which never waits. Linux only.
 */
void main(String[] args) throws Exception {
  if (args.length == 0) {
    System.err.println("give a device, such as /dev/input/event0");
    System.exit(2);
  }
  Duration quiet = Duration.ofSeconds(args.length < 2 ? 60 : Integer.parseInt(args[1]));
  Kernel kernel = Kernel.current();
  int number = kernel.files().open(args[0], Files.O_RDONLY, 0);
  if (number < 0) {
    System.err.println(new SystemCallException("open", args[0], number, kernel).getMessage());
    System.exit(1);
  }
  ByteBuffer events = ByteBuffer.allocate(64 * 24).order(ByteOrder.nativeOrder());
  try (EventQueue<RawSource> queue = EventQueue.open();
      RawSource device = RawSource.own(number)) {
    queue.register(device, Interest.READABLE, device);
    while (!queue.await(quiet).isEmpty()) {
      int n = device.read(events.clear());
      if (n == Io.END) {
        return;
      }
      for (int at = 0; at + 24 <= n; at += 24) {
        int type = Short.toUnsignedInt(events.getShort(at + 16));
        int code = Short.toUnsignedInt(events.getShort(at + 18));
        IO.println("type %d, code %d, value %d".formatted(type, code, events.getInt(at + 20)));
      }
    }
  }
}
