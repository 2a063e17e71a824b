package dev.selkie.conformance.agreement;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A kernel to which a history happens, beside the model that says of each step what must, may and
 * must not come of it.
 */
final class World implements AutoCloseable {
  private static final int MOST_HANDLES = 12;
  private static final int MOST_BACKLOG = 4;
  private static final int PIECE = 4096;
  private static final int MOST_PIECES = 20_000;
  private static final int BUFFER_BYTES = 32_768;
  private static final int LARGE_BATCH = 64;
  private static final long SHORT_WAIT_NANOS = 5_000_000;
  private static final long SETUP_NANOS = 5_000_000_000L;
  private static final List<Sockets.Direction> DIRECTIONS = List.of(Sockets.Direction.values());
  private static final int EPIPE = -32;
  private static final int ECONNRESET = -104;

  /** Of whom an edge is never told without a cause. */
  enum Edges {
    /** Of every source. */
    STRICT,
    /** Of none whose peer's answers come in when they come in, as TCP's do. */
    STRICT_WHERE_SETTLED,
    /** Of none. */
    LOOSE,
    /** Of none, and what is asked for may be told though it does not hold. */
    MISLEADING;

    boolean areStrict(OpenModel file) {
      return this == STRICT || (this == STRICT_WHERE_SETTLED && file.isSettled());
    }

    boolean mayMislead() {
      return this == MISLEADING;
    }
  }

  /** An open descriptor. */
  private record Handle(int number, OpenModel file) {}

  private final Kernel kernel;
  private final Epoll epoll;
  private final Coverage coverage;
  private final Edges edges;
  private final long patienceNanos;
  private final int queue;
  private final Map<Integer, EventBatch> batches = new HashMap<>();
  private final List<Handle> handles = new ArrayList<>();
  private final Map<Long, Item> items = new HashMap<>();
  private final byte[] bytes = new byte[1 << 16];
  private final List<String> done = new ArrayList<>();
  private long tokens;

  /**
   * A world without sources.
   *
   * @param edges of whom an edge is never told without a cause
   * @param patienceNanos how long what must be reported may take
   */
  World(Kernel kernel, Coverage coverage, Edges edges, long patienceNanos) {
    this.kernel = kernel;
    this.epoll = kernel.epoll();
    this.coverage = coverage;
    this.edges = edges;
    this.patienceNanos = patienceNanos;
    this.queue = made("epoll_create1", epoll.create());
  }

  /** Does a step, and checks what comes of it. */
  void take(Step step) {
    if (step.kind() == Step.Kind.OPEN) {
      open(step);
      return;
    }
    if (step.kind() == Step.Kind.WAIT) {
      await(step.amount() % 4 == 0 ? 1 + (step.amount() >> 2) % 3 : LARGE_BATCH);
      return;
    }
    if (handles.isEmpty()) {
      return;
    }
    Handle handle = handles.get(step.subject() % handles.size());
    done.add(step.kind() + " " + handle + " " + step.amount());
    switch (step.kind()) {
      case CLOSE -> close(handle);
      case RESET -> reset(handle);
      case DUPLICATE -> duplicate(handle);
      case ADD -> add(handle, step.amount());
      case MODIFY -> modify(registeredOr(handle, step.subject()), step.amount());
      case DELETE -> delete(registeredOr(handle, step.subject()));
      case WRITE -> write(handle, 1 + step.amount() % 1000);
      case FILL -> fill(handle);
      case READ -> read(handle, 1 + step.amount() % 2000);
      case DRAIN -> drain(handle);
      case SHUTDOWN -> shutdown(handle, DIRECTIONS.get(step.amount() % 3));
      case URGENT -> urgent(handle);
      case TAKE_URGENT -> takeUrgent(handle);
      case CONNECT -> connect(handle);
      default -> throw new AssertionError(step);
    }
  }

  // Descriptors

  private void open(Step step) {
    if (handles.size() > MOST_HANDLES - 2) {
      return;
    }
    int[] ends = new int[2];
    switch (step.subject() % 7) {
      case 0, 1 -> {
        made("pipe2", kernel.files().pipe(ends));
        addPair(ends, PipeModel.pair());
      }
      case 2 -> {
        made("socketpair", kernel.sockets().pair(Sockets.Type.STREAM, ends));
        addPair(ends, SocketModel.pair(false));
      }
      case 3, 4 -> {
        openTcp(ends);
        addPair(ends, SocketModel.pair(true));
      }
      case 5 -> addHandle(made("eventfd", kernel.files().eventfd(0)), new CounterModel());
      default -> openListener();
    }
  }

  private void addPair(int[] ends, OpenModel[] models) {
    addHandle(ends[0], models[0]);
    addHandle(ends[1], models[1]);
  }

  private void addHandle(int number, OpenModel file) {
    done.add("opened " + number + " " + file);
    file.numbers.add(number);
    handles.add(new Handle(number, file));
  }

  private int listening() {
    int listener =
        made("socket", kernel.sockets().socket(Sockets.Domain.INET, Sockets.Type.STREAM));
    small(listener);
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    made("bind", kernel.sockets().bind(listener, any));
    made("listen", kernel.sockets().listen(listener, MOST_BACKLOG));
    return listener;
  }

  private InetSocketAddress address(int listener) {
    AddressBuffer address = new AddressBuffer();
    made("getsockname", kernel.sockets().localAddress(listener, address));
    return (InetSocketAddress) address.address();
  }

  private void openListener() {
    int listener = listening();
    addHandle(listener, new ListenerModel(address(listener)));
  }

  /** Small buffers, so that filling them takes little time. */
  private void small(int socket) {
    kernel.sockets().setOption(socket, SocketOption.SO_SNDBUF, BUFFER_BYTES);
    kernel.sockets().setOption(socket, SocketOption.SO_RCVBUF, BUFFER_BYTES);
  }

  private int connected(InetSocketAddress address) {
    int client = made("socket", kernel.sockets().socket(Sockets.Domain.INET, Sockets.Type.STREAM));
    small(client);
    int result = call(() -> kernel.sockets().connect(client, address));
    if (result == Result.EINPROGRESS) {
      settle(client, Epoll.OUT);
    } else {
      made("connect", result);
    }
    return client;
  }

  private void openTcp(int[] ends) {
    int listener = listening();
    ends[0] = connected(address(listener));
    settle(listener, Epoll.IN);
    ends[1] = made("accept4", call(() -> kernel.sockets().accept(listener, null)));
    kernel.files().close(listener);
  }

  /** Waits until a descriptor is ready, by a queue of its own. */
  private void settle(int number, int events) {
    int own = made("epoll_create1", epoll.create());
    EventBatch batch = epoll.newBatch(1);
    made("epoll_ctl", epoll.add(own, number, events, 0));
    long start = System.nanoTime();
    do {
      boolean told = call(() -> epoll.await(own, batch, SETUP_NANOS)) == 1;
      if (!told || System.nanoTime() - start > SETUP_NANOS) {
        throw new Mismatch("fd " + number + " does not get " + Bits.text(events));
      }
    } while (edges.mayMislead() && kernel.files().poll(number, events) == 0);
    kernel.files().close(own);
    batch.close();
  }

  private void duplicate(Handle handle) {
    if (handles.size() < MOST_HANDLES) {
      addHandle(made("dup", kernel.files().duplicate(handle.number)), handle.file);
    }
  }

  private void close(Handle handle) {
    made("close", kernel.files().close(handle.number));
    handles.remove(handle);
    OpenModel file = handle.file;
    file.numbers.remove(Integer.valueOf(handle.number)); // by value
    if (file.numbers.isEmpty()) {
      file.items.forEach(item -> items.remove(item.token));
      file.items.clear();
      file.released();
      if (file instanceof ListenerModel listener) {
        listener.backlog.forEach(kernel.files()::close);
      }
    }
  }

  private void reset(Handle handle) {
    if (handle.file instanceof SocketModel socket
        && socket.isTcp()
        && handle.file.numbers.size() == 1) {
      made("setsockopt", kernel.sockets().setOption(handle.number, SocketOption.SO_LINGER, 0));
      socket.reset();
      close(handle);
    }
  }

  // Registrations

  private @Nullable Item item(Handle handle) {
    for (Item item : handle.file.items) {
      if (item.number == handle.number) {
        return item;
      }
    }
    return null;
  }

  private Handle registeredOr(Handle handle, int choice) {
    List<Handle> registered = handles.stream().filter(h -> item(h) != null).toList();
    return registered.isEmpty() ? handle : registered.get(choice % registered.size());
  }

  private static int events(int choice) {
    int conditions =
        ((choice & 1) != 0 ? Epoll.IN : 0)
            | ((choice & 2) != 0 ? Epoll.OUT : 0)
            | ((choice & 4) != 0 ? Epoll.PRI : 0)
            | ((choice & 8) != 0 ? Epoll.RDHUP : 0);
    int mode =
        switch ((choice >> 4) % 8) {
          case 0, 1 -> 0;
          case 2, 3 -> Epoll.ET;
          case 4 -> Epoll.ONESHOT;
          case 5 -> Epoll.ET | Epoll.ONESHOT;
          case 6 -> Epoll.EXCLUSIVE;
          default -> Epoll.EXCLUSIVE | Epoll.ET;
        };
    boolean admitted = (choice >> 8) % 4 != 0;
    return (mode & Epoll.EXCLUSIVE) != 0 && admitted
        ? mode | (conditions & (Epoll.IN | Epoll.OUT))
        : mode | conditions;
  }

  private static boolean isExclusive(int events) {
    return (events & Epoll.EXCLUSIVE) != 0;
  }

  private void add(Handle handle, int choice) {
    int events = events(choice);
    long token = ++tokens;
    boolean invalid = isExclusive(events) && (events & (Epoll.PRI | Epoll.RDHUP)) != 0;
    int expected = invalid ? Result.EINVAL : item(handle) != null ? Result.EEXIST : 0;
    expect("add " + handle, epoll.add(queue, handle.number, events, token), expected);
    if (expected == 0) {
      Item item = new Item(handle.file, handle.number, token, events);
      handle.file.items.add(item);
      items.put(token, item);
    }
  }

  private void modify(Handle handle, int choice) {
    int events = events(choice);
    Item item = item(handle);
    int expected =
        isExclusive(events)
            ? Result.EINVAL
            : item == null ? Result.ENOENT : item.isExclusive() ? Result.EINVAL : 0;
    long token = item == null ? 0 : item.token;
    expect("modify " + handle, epoll.modify(queue, handle.number, events, token), expected);
    if (expected == 0 && item != null) {
      item.set(events);
    }
  }

  private void delete(Handle handle) {
    Item item = item(handle);
    int result = epoll.delete(queue, handle.number);
    expect("delete " + handle, result, item == null ? Result.ENOENT : 0);
    if (item != null) {
      handle.file.items.remove(item);
      items.remove(item.token);
    }
  }

  // Bytes

  private long send(Handle handle, int length) {
    return call(() ->
        handle.file instanceof SocketModel
            ? kernel.sockets().write(handle.number, bytes, 0, length)
            : kernel.files().write(handle.number, bytes, 0, length));
  }

  private long receive(Handle handle, int length) {
    return call(() ->
        handle.file instanceof SocketModel
            ? kernel.sockets().read(handle.number, bytes, 0, length)
            : kernel.files().read(handle.number, bytes, 0, length));
  }

  private void write(Handle handle, int length) {
    switch (handle.file) {
      case CounterModel counter -> {
        bytes[0] = 1;
        expect("write " + handle, (int) send(handle, Long.BYTES), Long.BYTES);
        bytes[0] = 0;
        counter.wrote();
      }
      case PipeModel pipe when !pipe.isReader() -> {
        int n = (int) send(handle, length);
        boolean fits = pipe.flow().isRoomy() && n > 0 && n <= length;
        boolean full = !pipe.flow().isRoomy() && (n == Result.EAGAIN || n > 0);
        check(pipe.isPeerGone() ? n == EPIPE : fits || full, "write", handle, n);
        if (n > 0) {
          pipe.wrote(n);
        } else if (n == Result.EAGAIN) {
          pipe.refused();
        }
      }
      case SocketModel socket -> written(handle, socket, length, (int) send(handle, length));
      default -> {} // is not written
    }
  }

  private void written(Handle handle, SocketModel socket, int length, int n) {
    boolean expected =
        !socket.isCertain()
            || (socket.isWriteOver()
                ? n == EPIPE || n == ECONNRESET
                : (n > 0 && n <= length) || n == Result.EAGAIN || socket.isPeerGone());
    check(expected, "write", handle, n);
    boolean room = socket.isCertain() && (socket.must() & Epoll.OUT) != 0;
    check(n != Result.EAGAIN || !room, "write", handle, n);
    if (n > 0) {
      socket.wrote(n);
    } else if (n != Result.EAGAIN) {
      socket.failed();
    }
  }

  private void fill(Handle handle) {
    boolean pipe = handle.file instanceof PipeModel end && !end.isReader() && !end.isPeerGone();
    boolean socket =
        handle.file instanceof SocketModel end
            && end.isCertain()
            && !end.isWriteOver()
            && !end.isPeerGone();
    if (!pipe && !socket) {
      return;
    }
    for (int i = 0; i < MOST_PIECES; i++) {
      int n = (int) send(handle, PIECE);
      if (n == Result.EAGAIN) {
        if (handle.file instanceof SocketModel end) {
          end.filled();
        } else {
          ((PipeModel) handle.file).filled();
        }
        return;
      }
      check(n > 0 || !isStillCertain(handle), "write", handle, n);
      if (n < 0) {
        return;
      }
      if (handle.file instanceof SocketModel end) {
        end.wrote(n);
      } else {
        ((PipeModel) handle.file).wrote(n);
      }
    }
    throw new Mismatch(handle + " takes bytes without end");
  }

  private static boolean isStillCertain(Handle handle) {
    return !(handle.file instanceof SocketModel socket) || socket.isCertain();
  }

  /** One read; whether there may be more. */
  private boolean read(Handle handle, int length) {
    return switch (handle.file) {
      case CounterModel counter -> readCounter(handle, counter);
      case ListenerModel listener -> accept(handle, listener);
      case PipeModel pipe when pipe.isReader() -> readPipe(handle, pipe, length);
      case SocketModel socket -> received(handle, socket, length, (int) receive(handle, length));
      default -> false; // is not read
    };
  }

  private boolean readCounter(Handle handle, CounterModel counter) {
    int n = (int) receive(handle, Long.BYTES);
    boolean positive = (counter.must() & Epoll.IN) != 0;
    expect("read " + handle, n, positive ? Long.BYTES : Result.EAGAIN);
    if (positive) {
      counter.read();
    }
    return false;
  }

  private boolean readPipe(Handle handle, PipeModel pipe, int length) {
    int n = (int) receive(handle, length);
    int pending = pipe.flow().pending;
    boolean expected =
        pending > 0
            ? n > 0 && n <= Math.min(pending, length)
            : n == (pipe.isPeerGone() ? 0 : Result.EAGAIN);
    check(expected, "read", handle, n);
    if (n > 0) {
      pipe.read(n);
    }
    return n > 0;
  }

  private static boolean received(Handle handle, SocketModel socket, int length, int n) {
    if (socket.isCertain()) {
      boolean error = n == ECONNRESET && (socket.may() & Epoll.ERR) != 0;
      boolean data = n > 0 && n <= Math.min(socket.pending(), length);
      boolean late = n == Result.EAGAIN && (socket.isTcp() || !socket.isInputEnded());
      boolean end = n == 0 && socket.isInputEnded();
      check(
          data || error || ((socket.pending() == 0 || socket.isTcp()) && (late || end)),
          "read",
          handle,
          n);
    }
    socket.triedToRead();
    if (n > 0) {
      socket.read(n);
    } else if (n != Result.EAGAIN) {
      socket.failed();
    }
    return n > 0;
  }

  private void drain(Handle handle) {
    int left = MOST_PIECES;
    while (read(handle, bytes.length)) {
      if (left-- == 0) {
        throw new Mismatch(handle + " gives bytes without end");
      }
    }
  }

  // Sockets

  private void shutdown(Handle handle, Sockets.Direction direction) {
    if (!(handle.file instanceof SocketModel socket)) {
      return;
    }
    int result = kernel.sockets().shutdown(handle.number, direction);
    check(result == 0 || result == Result.ENOTCONN, "shutdown", handle, result);
    if (result < 0 || !socket.isCertain()) {
      socket.failed();
      return;
    }
    if (direction != Sockets.Direction.INPUT) {
      socket.endOutput();
    }
    if (direction != Sockets.Direction.OUTPUT) {
      socket.endInputHere();
    }
  }

  private void urgent(Handle handle) {
    if (handle.file instanceof SocketModel socket
        && socket.isTcp()
        && socket.isCertain()
        && !socket.isWriteOver()
        && !socket.isPeerGone()
        && (socket.must() & Epoll.OUT) != 0
        && socket.peer().mayReceiveUrgent()) {
      int result = call(() -> kernel.sockets().sendUrgent(handle.number, (byte) 7));
      check(result >= 0, "sendUrgent", handle, result);
      socket.sentUrgent();
    }
  }

  private void takeUrgent(Handle handle) {
    if (handle.file instanceof SocketModel socket && socket.isUrgentThere()) {
      int result = call(() -> kernel.sockets().receiveUrgent(handle.number));
      boolean late = result == Result.EAGAIN || result == Result.EINVAL;
      check(result == 7 || late || !socket.isCertain(), "receiveUrgent", handle, result);
      if (result >= 0) {
        socket.tookUrgent();
      }
    }
  }

  private void connect(Handle handle) {
    if (handle.file instanceof ListenerModel listener && listener.backlog.size() < MOST_BACKLOG) {
      listener.connected(connected(listener.address));
    }
  }

  private boolean accept(Handle handle, ListenerModel listener) {
    int number = call(() -> kernel.sockets().accept(handle.number, null));
    boolean late = number == Result.EAGAIN;
    check(listener.backlog.isEmpty() ? late : number >= 0 || late, "accept", handle, number);
    if (number < 0) {
      return false;
    }
    int client = listener.backlog.remove();
    if (handles.size() > MOST_HANDLES - 2) {
      kernel.files().close(client);
      kernel.files().close(number);
    } else {
      addPair(new int[] {client, number}, SocketModel.pair(true));
    }
    return true;
  }

  // Waits

  /** Waits until all that must be reported was, and checks what else is. */
  private void await(int capacity) {
    Set<Item> due = new HashSet<>();
    items.values().stream().filter(Item::isDue).forEach(due::add);
    EventBatch batch = batches.computeIfAbsent(capacity, epoll::newBatch);
    long start = System.nanoTime();
    long timeout = 0;
    do {
      long nanos = timeout;
      int count = call(() -> epoll.await(queue, batch, nanos));
      check(count >= 0 && count <= capacity, "epoll_wait of " + capacity, null, count);
      take(batch, count, due);
      timeout = SHORT_WAIT_NANOS;
    } while (!due.isEmpty() && System.nanoTime() - start < patienceNanos);
    if (!due.isEmpty()) {
      throw new Mismatch("not reported: " + due);
    }
  }

  private void take(EventBatch batch, int count, Set<Item> due) {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < count; i++) {
      long token = batch.token(i);
      int bits = batch.events(i);
      Item item = items.get(token);
      if (item == null || !seen.add(token)) {
        throw new Mismatch(
            (item == null ? "told of token of nobody, " : "twice in a batch: token ") + token);
      }
      String complaint = item.complaint(bits, edges);
      if (complaint != null) {
        throw new Mismatch(item + " " + complaint);
      }
      note("reported " + item + " " + Bits.text(bits));
      coverage.reported(item.mode(), item.file.source(), bits & item.file.may());
      item.reported(bits);
      due.remove(item);
    }
  }

  // Checks

  private static long call(LongSupplier call) {
    long result;
    do {
      result = call.getAsLong();
    } while (result == Result.EINTR);
    return result;
  }

  private static int call(java.util.function.IntSupplier call) {
    return (int) call((LongSupplier) call::getAsInt);
  }

  private static int made(String call, int result) {
    if (result < 0) {
      throw new Mismatch(call + " returns " + result);
    }
    return result;
  }

  private static void expect(String what, int result, int expected) {
    if (result != expected) {
      throw new Mismatch("%s returns %d, not %d".formatted(what, result, expected));
    }
  }

  private static void check(boolean expected, String call, @Nullable Handle handle, long result) {
    if (!expected) {
      throw new Mismatch("%s of %s returns %d".formatted(call, handle, result));
    }
  }

  private void note(String line) {
    if (done.isEmpty() || !done.getLast().equals(line)) {
      done.add(line);
    }
  }

  /** What was done, with which descriptors. */
  List<String> done() {
    return done;
  }

  /** Closes everything, TCP without a time in which its ports would stay taken. */
  @Override
  public void close() {
    for (Handle handle : handles) {
      if (handle.file instanceof SocketModel socket && socket.isTcp()) {
        kernel.sockets().setOption(handle.number, SocketOption.SO_LINGER, 0);
      }
      kernel.files().close(handle.number);
      if (handle.file instanceof ListenerModel listener) {
        listener.backlog.forEach(kernel.files()::close);
        listener.backlog.clear();
      }
    }
    kernel.files().close(queue);
    batches.values().forEach(EventBatch::close);
  }
}
