import static java.lang.foreign.ValueLayout.*;

import dev.selkie.*;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.foreign.*;
import java.nio.*;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Prints which entries of a folder are made, deleted and written, until nothing has happened for as
 * many seconds as the second argument says (60 without).
 *
 * <p>A recipe: inotify(7) without more help than {@link RawSource}. What Selkie has for files and
 * folders does the same on every system, with their sub-folders, and tells what was lost. Linux
 * only.
 */
static final int IN_NONBLOCK_CLOEXEC = 0x80800;

static final int IN_CLOSE_WRITE = 0x8;
static final int IN_CREATE = 0x100;
static final int IN_DELETE = 0x200;
static final int IN_Q_OVERFLOW = 0x4000;
static final int IN_IGNORED = 0x8000;

static int watcher(String folder) throws Throwable {
  Linker linker = Linker.nativeLinker();
  var init =
      linker.downcallHandle(
          linker.defaultLookup().findOrThrow("inotify_init1"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  var add =
      linker.downcallHandle(
          linker.defaultLookup().findOrThrow("inotify_add_watch"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  try (Arena arena = Arena.ofConfined()) {
    int number = (int) init.invokeExact(IN_NONBLOCK_CLOEXEC);
    int mask = IN_CREATE | IN_DELETE | IN_CLOSE_WRITE;
    if (number < 0 || (int) add.invokeExact(number, arena.allocateFrom(folder), mask) < 0) {
      throw new IOException(folder + " cannot be watched");
    }
    return number;
  }
}

static String what(int mask) {
  return (mask & IN_CREATE) != 0 ? "made" : (mask & IN_DELETE) != 0 ? "deleted" : "written";
}

void main(String[] args) throws Throwable {
  if (args.length == 0) {
    System.err.println("give a folder");
    System.exit(2);
  }
  Duration quiet = Duration.ofSeconds(args.length < 2 ? 60 : Integer.parseInt(args[1]));
  ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.nativeOrder());
  try (EventQueue<RawSource> queue = EventQueue.open();
      RawSource changes = RawSource.own(watcher(args[0]))) {
    queue.register(changes, Interest.READABLE, changes);
    IO.println("watching");
    while (!queue.await(quiet).isEmpty()) {
      while (changes.read(buffer.clear()) > 0) {
        buffer.flip();
        while (buffer.hasRemaining()) { // struct inotify_event, then the name, padded by NULs
          int mask = buffer.getInt(buffer.position() + 4);
          int length = buffer.getInt(buffer.position() + 12);
          byte[] name = new byte[length];
          buffer.position(buffer.position() + 16).get(name);
          if ((mask & IN_IGNORED) != 0) {
            IO.println("the folder is gone");
            return;
          }
          String entry = new String(name, StandardCharsets.UTF_8).replace("\0", "");
          IO.println((mask & IN_Q_OVERFLOW) != 0 ? "changes were lost" : entry + " " + what(mask));
        }
      }
    }
  } catch (IOException e) {
    System.err.println(e.getMessage());
    System.exit(1);
  }
}
