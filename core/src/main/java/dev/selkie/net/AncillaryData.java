package dev.selkie.net;

import dev.selkie.Io;
import dev.selkie.Source;
import dev.selkie.descriptor.DatagramTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.ControlData.Kind;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What goes with a message of a Unix socket beside its bytes, unix(7): descriptors that are passed,
 * and who sends.
 *
 * <p><b>Sending.</b> {@link #pass} names sources whose open files the receiver gets too; they stay
 * the sender's, who may close them once the send has been done. A send that moves something has
 * passed them and forgets them, so that the rest of a partial write does not pass them again.
 *
 * <p><b>Receiving.</b> Descriptors that came are close-on-exec and belong to this object, until
 * {@link #take} makes a source of the next one. What nobody has taken is closed by the next receive
 * with it, and by {@link #close}; so is whatever came with a message that a receive without
 * ancillary data takes. Blocking or not is a property of the open file, which the sender shares:
 * the adopting methods of the sources make it non-blocking.
 *
 * <p>It belongs to the program, which uses it for one message after the other. Not thread-safe.
 */
public final class AncillaryData implements AutoCloseable {
  /** How many descriptors go with one message: 253 on Linux. */
  public static final int MOST_DESCRIPTORS = ControlData.MOST_DESCRIPTORS;

  private final MessageHeader header = new MessageHeader();
  private final List<DescriptorLifetime> passed = new ArrayList<>(0);
  private @Nullable Kernel kernel;

  /** The index of the first descriptor received that nobody has taken. */
  private int next;

  /** Nothing to send, and nothing received. */
  public AncillaryData() {}

  /**
   * Makes a source of a descriptor that was passed, such as {@code TcpStream::adopt}.
   *
   * @param <T> the type of source
   */
  @FunctionalInterface
  public interface Adoption<T> {
    /** Takes charge of an open descriptor, or throws and leaves it. */
    T adopt(Kernel kernel, int number) throws IOException;
  }

  // Sending

  /**
   * Passes sources' descriptors with the next message, behind those that are to be passed already.
   *
   * @throws IllegalArgumentException if that is more than {@link #MOST_DESCRIPTORS}
   */
  public AncillaryData pass(Source... sources) {
    if (passed.size() + sources.length > MOST_DESCRIPTORS) {
      throw new IllegalArgumentException(
          "%d descriptors with one message, %d is the most: send them with several"
              .formatted(passed.size() + sources.length, MOST_DESCRIPTORS));
    }
    for (Source source : sources) {
      passed.add(source.descriptor().lifetime());
    }
    return this;
  }

  /** Forgets what was to be passed with the next message, after a send that failed. */
  public AncillaryData passNothing() {
    passed.clear();
    return this;
  }

  /**
   * Says who sends, with each message from now on. The system lets a program say what it is, and
   * one with privileges anything; without this it says what the sender is, to who asks by {@link
   * UnixOption#RECEIVE_CREDENTIALS}.
   *
   * @param credentials null to leave it to the system
   */
  public AncillaryData sendCredentials(@Nullable PeerCredentials credentials) {
    if (credentials == null) {
      header.outgoing().clear(Kind.CREDENTIALS);
    } else {
      header
          .outgoing()
          .setCredentials(credentials.pid(), (int) credentials.uid(), (int) credentials.gid());
    }
    return this;
  }

  /**
   * Whom the last message came from, or the next goes to: only datagram sockets have it, and only
   * of a sender with a name.
   */
  public @Nullable SocketAddress address() {
    return header.address().address();
  }

  /** Names whom the next datagram goes to; null for the peer. */
  public AncillaryData address(@Nullable SocketAddress address) {
    header.address().set(address);
    return this;
  }

  // Received

  /** How many descriptors of the last message nobody has taken. */
  public int descriptorCount() {
    return header.received().descriptorCount() - next;
  }

  /**
   * Makes a source of the next descriptor of the last message, which is its from then on.
   *
   * @throws IllegalStateException if none is left
   * @throws IOException what the adoption throws; the descriptor stays the next one then
   */
  public <T> T take(Adoption<T> adoption) throws IOException {
    Kernel owner = kernel;
    if (owner == null || descriptorCount() <= 0) {
      throw new IllegalStateException("no descriptor of the last message is left");
    }
    T made = adoption.adopt(owner, header.received().descriptor(next));
    next++;
    return made;
  }

  /** Closes the next descriptor of the last message, which is of no use; false if none is left. */
  public boolean skip() {
    Kernel owner = kernel;
    if (owner == null || descriptorCount() <= 0) {
      return false;
    }
    owner.files().close(header.received().descriptor(next++));
    return true;
  }

  /** Who sent the last message; null unless {@link UnixOption#RECEIVE_CREDENTIALS} asks for it. */
  public @Nullable PeerCredentials credentials() {
    ControlData received = header.received();
    return received.has(Kind.CREDENTIALS)
        ? PeerCredentials.of(received.pid(), received.uid(), received.gid())
        : null;
  }

  /** Whether the last message was longer than the room that it was received to. */
  public boolean isTruncated() {
    return header.isTruncated();
  }

  /**
   * Whether descriptors of the last message were lost, which the system has closed: for want of
   * room here, or because this process may have no more (MSG_CTRUNC, recvmsg(2)).
   */
  public boolean isIncomplete() {
    return header.received().isTruncated();
  }

  /** Closes what nobody has taken, and passes nothing. It may be used again. */
  @Override
  public void close() {
    while (skip()) { // until all are closed
    }
    passed.clear();
  }

  int receive(DescriptorLifetime socket, ByteBuffer target) throws IOException {
    while (skip()) { // what came before
    }
    header.received().clear();
    next = 0;
    kernel = socket.kernel();
    return DatagramTransfer.receive(socket, target, header);
  }

  int send(DescriptorLifetime socket, ByteBuffer source, boolean stream) throws IOException {
    if (stream) {
      header.address().set(null);
      if (!passed.isEmpty() && !source.hasRemaining()) {
        throw new IllegalArgumentException(
            "descriptors travel with a byte at least: the buffer is empty");
      }
    } else if (header.address().address() != null) {
      UnixAddress _ =
          Socket.unix(socket.kernel(), Objects.requireNonNull(header.address().address()));
    }
    int held = 0;
    boolean sent = false;
    try {
      for (DescriptorLifetime each : passed) {
        if (!each.kernel().equals(socket.kernel())) {
          throw new IllegalArgumentException(each + " is of another kernel than " + socket);
        }
        acquire(each);
        held++;
        each.share(); // the receiver's duplicate keeps registrations alive past the close
        header.outgoing().addDescriptor(each.number());
      }
      int n = DatagramTransfer.send(socket, source, header);
      sent = n != Io.NOT_READY;
      return n;
    } finally {
      header.outgoing().clear(Kind.DESCRIPTORS);
      for (int i = 0; i < held; i++) {
        passed.get(i).release();
      }
      if (sent) {
        passed.clear();
      }
    }
  }

  private static void acquire(DescriptorLifetime passed) throws IOException {
    try {
      passed.acquireOrThrow();
    } catch (ClosedChannelException e) {
      throw new IOException(
          passed + " was to be passed, and is closed: passNothing() forgets it", e);
    }
  }

  @Override
  public String toString() {
    return descriptorCount() + " descriptors" + (isIncomplete() ? ", some lost" : "");
  }
}
