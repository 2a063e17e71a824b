package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One of two kernels that do the same things, the simulated one first: what it answers is noted,
 * and what the machine's answers is compared with it. What can be asked again without changing
 * anything is asked until a deadline, since messages of a real network take their time.
 */
final class Twin implements AutoCloseable {
  private static final long PATIENCE_NANOS = 5_000_000_000L;
  private static final MemorySegment MEMORY = Arena.global().allocate(1 << 20);
  private static final int ALL = Epoll.IN | Epoll.PRI | Epoll.OUT | Epoll.RDHUP;
  private static final InetSocketAddress LOOPBACK =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

  final Kernel kernel;
  private final @Nullable List<String> expected;
  private final List<String> notes = new ArrayList<>();
  private final List<Integer> opened = new ArrayList<>();

  private Twin(Kernel kernel, @Nullable List<String> expected) {
    this.kernel = kernel;
    this.expected = expected;
  }

  /** What is done to both. */
  interface Script {
    void run(Twin twin);
  }

  /** Runs a script on both kernels, and fails at the first difference. */
  static void compare(Script script) {
    List<String> simulated;
    try (Twin twin = new Twin(SimulatedKernel.stepping(), null)) {
      script.run(twin);
      simulated = twin.notes;
    }
    try (Twin twin = new Twin(Kernel.system(), simulated)) {
      script.run(twin);
    }
  }

  /** Something that is asked once. */
  void once(String what, LongSupplier call) {
    note(what, call.getAsLong());
  }

  /** Something that can be asked again and again. */
  void state(String what, LongSupplier call) {
    long value = call.getAsLong();
    if (expected != null) {
      String wanted = Objects.requireNonNull(expected).get(notes.size());
      long start = System.nanoTime();
      while (!text(what, value).equals(wanted) && System.nanoTime() - start < PATIENCE_NANOS) {
        Thread.onSpinWait();
        value = call.getAsLong();
      }
    }
    note(what, value);
  }

  private void note(String what, long value) {
    String text = text(what, value);
    notes.add(text);
    if (expected != null) {
      String wanted = expected.get(notes.size() - 1);
      if (!text.equals(wanted)) {
        throw new AssertionError(
            "the simulated kernel says \""
                + wanted
                + "\", the machine's \""
                + text
                + "\" after "
                + notes.subList(Math.max(0, notes.size() - 12), notes.size() - 1));
      }
    }
  }

  private static String text(String what, long value) {
    return what + " = " + Results.text(value);
  }

  // Calls, each noted.

  int own(int number) {
    if (number < 0) {
      throw new AssertionError("no descriptor: " + number);
    }
    opened.add(number);
    return number;
  }

  int[] pipe() {
    int[] ends = new int[2];
    once("pipe", () -> kernel.files().pipe(ends));
    return new int[] {own(ends[0]), own(ends[1])};
  }

  int[] pair(Sockets.Type type) {
    int[] ends = new int[2];
    once("pair", () -> kernel.sockets().pair(type, ends));
    return new int[] {own(ends[0]), own(ends[1])};
  }

  int eventfd(int initial) {
    return own(kernel.files().eventfd(initial));
  }

  int socket() {
    return own(kernel.sockets().socket(Sockets.Domain.INET, Sockets.Type.STREAM));
  }

  int listener(int backlog) {
    int number = socket();
    once("bind", () -> kernel.sockets().bind(number, LOOPBACK));
    once("listen", () -> kernel.sockets().listen(number, backlog));
    return number;
  }

  InetSocketAddress address(int number) {
    AddressBuffer address = new AddressBuffer();
    once("getsockname", () -> kernel.sockets().localAddress(number, address));
    return (InetSocketAddress) Objects.requireNonNull(address.address());
  }

  /** Two connected TCP sockets: the client first. */
  int[] tcp() {
    int listener = listener(8);
    InetSocketAddress address = address(listener);
    int client = socket();
    once("connect", () -> kernel.sockets().connect(client, address));
    poll(listener);
    int server = own(kernel.sockets().accept(listener, null));
    poll(client);
    close(listener);
    return new int[] {client, server};
  }

  /** All the bits of poll(2) that hold. */
  void poll(int number) {
    state("poll " + opened.indexOf(number), () -> kernel.files().poll(number, ALL));
  }

  void polls(int... numbers) {
    for (int number : numbers) {
      poll(number);
    }
  }

  void available(int number) {
    state("available " + opened.indexOf(number), () -> kernel.files().available(number));
  }

  void splice(int from, int to, int most) {
    once(
        "splice " + opened.indexOf(from) + " to " + opened.indexOf(to) + " of " + most,
        () -> kernel.files().splice(from, to, most));
  }

  void write(int number, int length) {
    String what = "write " + opened.indexOf(number) + " of " + length;
    if (isSocket(number)) {
      once(what, () -> kernel.sockets().write(number, MEMORY.address(), length));
    } else {
      once(what, () -> kernel.files().write(number, MEMORY.address(), length));
    }
  }

  void read(int number, int length) {
    String what = "read " + opened.indexOf(number) + " of " + length;
    if (isSocket(number)) {
      once(what, () -> kernel.sockets().read(number, MEMORY.address(), length));
    } else {
      once(what, () -> kernel.files().read(number, MEMORY.address(), length));
    }
  }

  private boolean isSocket(int number) {
    return kernel.sockets().getOption(number, dev.selkie.kernel.SocketOption.SO_TYPE) >= 0;
  }

  void shutdown(int number, Sockets.Direction direction) {
    once(
        "shutdown " + opened.indexOf(number) + " " + direction,
        () -> kernel.sockets().shutdown(number, direction));
  }

  void error(int number) {
    once(
        "SO_ERROR " + opened.indexOf(number),
        () -> kernel.sockets().getOption(number, dev.selkie.kernel.SocketOption.SO_ERROR));
  }

  void peer(int number) {
    once(
        "getpeername " + opened.indexOf(number),
        () -> kernel.sockets().peerAddress(number, new AddressBuffer()));
  }

  void urgent(int number, int value) {
    once(
        "urgent " + opened.indexOf(number),
        () -> kernel.sockets().sendUrgent(number, (byte) value));
  }

  void takeUrgent(int number) {
    once("take urgent " + opened.indexOf(number), () -> kernel.sockets().receiveUrgent(number));
  }

  int epoll() {
    return own(kernel.epoll().create());
  }

  void add(int queue, int number, int events) {
    int index = opened.indexOf(number);
    once(
        "add %d to %d for 0x%x".formatted(index, opened.indexOf(queue), events),
        () -> kernel.epoll().add(queue, number, events, index));
  }

  void modify(int queue, int number, int events) {
    int index = opened.indexOf(number);
    once(
        "modify %d of %d to 0x%x".formatted(index, opened.indexOf(queue), events),
        () -> kernel.epoll().modify(queue, number, events, index));
  }

  void delete(int queue, int number) {
    once("delete " + opened.indexOf(number), () -> kernel.epoll().delete(queue, number));
  }

  /** Asks an epoll once, and notes what it says in the order in which it says it. */
  void ask(int queue, int most) {
    try (EventBatch batch = kernel.epoll().newBatch(most)) {
      int count = kernel.epoll().await(queue, batch, 0);
      String events =
          IntStream.range(0, Math.max(count, 0))
              .mapToObj(i -> batch.token(i) + " " + Results.events(batch.events(i)))
              .collect(Collectors.joining(", "));
      note("ask " + opened.indexOf(queue) + ": " + events, count);
    }
  }

  void close(int number) {
    once("close " + opened.indexOf(number), () -> kernel.files().close(number));
    opened.set(opened.indexOf(number), -1);
  }

  @Override
  public void close() {
    for (int number : opened) {
      if (number >= 0) {
        kernel.files().close(number);
      }
    }
  }
}
