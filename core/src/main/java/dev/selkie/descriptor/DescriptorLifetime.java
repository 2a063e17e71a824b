package dev.selkie.descriptor;

import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.StreamCalls;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The life of one descriptor: who uses it now, who is to be told of its end, and its one close.
 *
 * <p>An operation holds a <i>use</i> of the descriptor from {@link #acquire} to {@link #release}.
 * Once {@link #close} has begun no use is given, and the number goes back to the system when the
 * last use ends, so that no call can hit a number that belongs to someone else by then.
 */
public final class DescriptorLifetime {
  /*
   * The state word: bit 31 says that close has begun, the other bits count the uses. The closer
   * itself holds one use while it tells the registrars, so that the descriptor is still open then.
   * Whoever takes the word to CLOSED with no uses closes the descriptor; that happens once, since
   * no use is given after bit 31 is set. Go's internal/poll guards its descriptors the same way.
   *
   * A read and a write, which are the hot path, take a slot each instead of a count: one atomic
   * exchange to enter and a plain store to leave. Since nobody looks at the state word in leaving,
   * it is the closer that waits for the slots, after it has set bit 31: no operation in a slot
   * blocks. Who finds the slot of its direction taken counts as any other use.
   */
  private static final int CLOSED = 1 << 31;
  private static final VarHandle STATE;
  private static final VarHandle READING;
  private static final VarHandle WRITING;
  private static final VarHandle REGISTRARS;
  private static final Registrar[] NONE = {};

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(DescriptorLifetime.class, "state", int.class);
      READING = lookup.findVarHandle(DescriptorLifetime.class, "reading", byte.class);
      WRITING = lookup.findVarHandle(DescriptorLifetime.class, "writing", byte.class);
      REGISTRARS = lookup.findVarHandle(DescriptorLifetime.class, "registrars", Registrar[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** How the owner holds the descriptor. */
  public enum Ownership {
    /** This lifetime closes the descriptor. */
    OWNED,
    /** Somebody else closes the descriptor. */
    BORROWED
  }

  /** What the descriptor stands for, as far as the transfer of bytes goes. */
  public enum Kind {
    /** A pipe, or a readiness queue: read and write. */
    FILE,
    /** What somebody else made and is no socket, perhaps a regular file: read and write. */
    FOREIGN_FILE,
    /** A socket that carries a stream: recv and send. */
    STREAM_SOCKET,
    /** A socket that carries a sequence of messages, each of which is one call's: recv and send. */
    PACKET_SOCKET,
    /** A socket that carries datagrams, which may be empty and know no end: recv and send. */
    DATAGRAM_SOCKET
  }

  /** What has registered the descriptor, and must forget it before it is closed. */
  public abstract static class Registrar {
    /** What a descriptor with no other registrar holds. */
    private final Registrar[] alone = {this};

    /**
     * The descriptor is about to end.
     *
     * @param delete whether a registration outlives the close and must be deleted by a call
     */
    public abstract void descriptorClosing(DescriptorLifetime descriptor, boolean delete);

    /** The descriptor's number stands for another open file now, registered nowhere. */
    public abstract void descriptorReplaced(DescriptorLifetime descriptor);
  }

  /*
   * A server has one of these a connection, and each event of the queue visits it: 40 bytes, by
   * narrow fields and by leaving to the leak report what only messages need.
   */
  private final Kernel kernel;
  private final int number;
  private final LeakReport leak;
  private final Kind kind;
  private volatile boolean shared;
  private volatile boolean relinquished;

  @SuppressWarnings("unused") // by READING: 1 while a read has the slot
  private volatile byte reading;

  @SuppressWarnings("unused") // by WRITING: 1 while a write has the slot
  private volatile byte writing;

  @SuppressWarnings("unused") // by STATE
  private volatile int state;

  private volatile Registrar[] registrars = NONE; // never changed itself

  private DescriptorLifetime(
      Kernel kernel, int number, String holder, Kind kind, Ownership ownership) {
    this.kernel = kernel;
    this.number = number;
    this.kind = kind;
    this.relinquished = ownership == Ownership.BORROWED;
    this.shared = relinquished;
    this.leak = LeakReport.of(this, holder, number, ownership == Ownership.OWNED);
  }

  /** Takes charge of a descriptor; {@code holder} names its owner in messages. */
  public static DescriptorLifetime of(
      Kernel kernel, int number, String holder, Kind kind, Ownership ownership) {
    return new DescriptorLifetime(kernel, number, holder, kind, ownership);
  }

  /** Takes charge of a descriptor that is no socket; {@code holder} names its owner in messages. */
  public static DescriptorLifetime ofFile(
      Kernel kernel, int number, String holder, Ownership ownership) {
    return of(kernel, number, holder, Kind.FILE, ownership);
  }

  /** The kernel that the number belongs to. */
  public Kernel kernel() {
    return kernel;
  }

  /** The number; meaningful while a use is held. */
  public int number() {
    return number;
  }

  /** The name of the owner's type, for messages. */
  public String holder() {
    return leak.holder();
  }

  /** Says whom the descriptor is connected to, or to be, for messages; null for nobody. */
  public void setPeer(@Nullable SocketAddress peer) {
    leak.setPeer(peer);
  }

  /** Whether the descriptor is a socket's. */
  public boolean isSocket() {
    return kind != Kind.FILE && kind != Kind.FOREIGN_FILE;
  }

  /** Whether it may be a regular file, or any device. */
  public boolean isForeignFile() {
    return kind == Kind.FOREIGN_FILE;
  }

  /** Whether a transfer must be one call, since a second one would be another message's. */
  boolean carriesMessages() {
    return kind == Kind.PACKET_SOCKET || kind == Kind.DATAGRAM_SOCKET;
  }

  /** Whether a read of nothing means the end. */
  boolean hasEnd() {
    return kind != Kind.DATAGRAM_SOCKET;
  }

  /** The calls that move bytes on it: recv and send, or read and write. */
  StreamCalls calls() {
    return isSocket() ? kernel.sockets() : kernel.files();
  }

  /** Whether somebody else closes the descriptor, and need not tell. */
  public boolean isBorrowed() {
    return relinquished;
  }

  /** Whether close has not begun. */
  public boolean isOpen() {
    return state >= 0;
  }

  /**
   * Notes that the open file may have another descriptor (a duplicate, or the number was handed
   * out): its registrations may then outlive the close of this one.
   */
  public void share() {
    shared = true;
  }

  /** Begins a use; false when close has begun. */
  public boolean acquire() {
    int s = (int) STATE.getOpaque(this);
    while (s >= 0) {
      int witness = (int) STATE.compareAndExchange(this, s, s + 1);
      if (witness == s) {
        return true;
      }
      s = witness;
    }
    return false;
  }

  /**
   * Begins a use.
   *
   * @throws ClosedChannelException if close has begun
   */
  public void acquireOrThrow() throws ClosedChannelException {
    if (!acquire()) {
      throw new ClosedChannelException();
    }
  }

  /** Ends a use. */
  public void release() {
    int before = (int) STATE.getAndAdd(this, -1);
    if (before == CLOSED + 1) {
      end();
    }
  }

  /**
   * Begins a read that does not block.
   *
   * @return whether it has the slot of reads, for {@link #endRead}
   * @throws ClosedChannelException if close has begun
   */
  boolean beginRead() throws ClosedChannelException {
    return begin(READING);
  }

  /** Ends a read. */
  void endRead(boolean slot) {
    end(READING, slot);
  }

  /**
   * Begins a write that does not block.
   *
   * @return whether it has the slot of writes, for {@link #endWrite}
   * @throws ClosedChannelException if close has begun
   */
  boolean beginWrite() throws ClosedChannelException {
    return begin(WRITING);
  }

  /** Ends a write. */
  void endWrite(boolean slot) {
    end(WRITING, slot);
  }

  private boolean begin(VarHandle slot) throws ClosedChannelException {
    if ((byte) slot.getAndSet(this, (byte) 1) != 0) {
      acquireOrThrow();
      return false;
    }
    if (state < 0) {
      slot.setRelease(this, (byte) 0);
      throw new ClosedChannelException();
    }
    return true;
  }

  private void end(VarHandle slot, boolean taken) {
    if (taken) {
      slot.setRelease(this, (byte) 0);
    } else {
      release();
    }
  }

  /** Asks to be told before the descriptor ends; false, and it need not be, if close has begun. */
  public boolean attach(Registrar registrar) {
    Registrar[] before;
    do {
      before = registrars;
    } while (!REGISTRARS.compareAndSet(this, before, with(before, registrar)));
    if (!isOpen()) {
      detach(registrar);
      return false;
    }
    return true;
  }

  private static Registrar[] with(Registrar[] before, Registrar registrar) {
    if (before.length == 0) {
      return registrar.alone;
    }
    Registrar[] after = Arrays.copyOf(before, before.length + 1);
    after[before.length] = registrar;
    return after;
  }

  /** Withdraws what {@link #attach} asked for. */
  public void detach(Registrar registrar) {
    Registrar[] before;
    do {
      before = registrars;
    } while (!REGISTRARS.compareAndSet(this, before, without(before, registrar)));
  }

  @SuppressWarnings("ReferenceEquality") // a registrar is itself
  private static Registrar[] without(Registrar[] before, Registrar registrar) {
    Registrar[] after =
        Arrays.stream(before).filter(other -> other != registrar).toArray(Registrar[]::new);
    return after.length == 0 ? NONE : after;
  }

  /**
   * Ends the descriptor: no use begins any more, the registrars forget it, and it is closed as soon
   * as the last use has ended.
   *
   * @return whether this call was the first
   */
  public boolean close() {
    return finish(false);
  }

  /**
   * Gives the descriptor up without closing it.
   *
   * @return the number, which is the caller's to close now
   * @throws ClosedChannelException if close has begun
   */
  public int detach() throws ClosedChannelException {
    acquireOrThrow();
    try {
      if (!finish(true)) {
        throw new ClosedChannelException();
      }
      awaitOtherUses();
      relinquished = true; // in time: the descriptor ends with the use that is held here
      return number;
    } finally {
      release();
    }
  }

  /** Tells the registrars that the number stands for another open file now. */
  public void replaced() {
    for (Registrar registrar : registrars) {
      registrar.descriptorReplaced(this);
    }
  }

  private boolean finish(boolean keptOpen) {
    int s = state;
    while (true) {
      if (s < 0) {
        return false;
      }
      int witness = (int) STATE.compareAndExchange(this, s, (s + 1) | CLOSED);
      if (witness == s) {
        break;
      }
      s = witness;
    }
    // With a use under way the close comes later than this: until then a registration would report.
    boolean deleteFirst = keptOpen || shared || s > 0 || reading != 0 || writing != 0;
    try {
      for (Registrar registrar : registrars) {
        registrar.descriptorClosing(this, deleteFirst);
      }
    } finally {
      awaitSlots();
      release();
    }
    return true;
  }

  @SuppressWarnings("ThreadPriorityCheck") // to yield is all: the operation is running already
  private void awaitSlots() {
    while (reading != 0 || writing != 0) {
      Thread.yield();
    }
  }

  /** Until no use is left but the caller's: what follows may be a close by somebody else. */
  @SuppressWarnings("ThreadPriorityCheck") // to yield is all: the uses are running already
  private void awaitOtherUses() {
    while (state != CLOSED + 1) {
      Thread.yield();
    }
  }

  private void end() {
    leak.dismiss();
    if (!relinquished && kernel.files().close(number) == Result.EBADF) {
      // Somebody else closed it: by now that bug may have hit another owner of the number.
      System.getLogger("dev.selkie")
          .log(System.Logger.Level.WARNING, "{0}: {1} was closed by foreign code", holder(), this);
    }
  }

  @Override
  public String toString() {
    SocketAddress peer = leak.peer();
    return "fd " + number + (peer == null ? "" : " to " + AddressText.of(peer));
  }
}
