package dev.selkie.descriptor;

import dev.selkie.kernel.MessageBatch;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.ffm.BufferAddress;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Receiving and sending of single datagrams by one descriptor, and of bytes with ancillary data.
 * Allocates nothing but a copy of what is sent from a read-only heap buffer, and of a message in
 * heap memory of more than {@link ByteTransfer#HEAP_BYTES}.
 */
public final class DatagramTransfer {
  private static final byte[] NOTHING = {};

  private DatagramTransfer() {}

  /** Receives a datagram: the count of bytes, or {@link ByteTransfer#NOT_READY}. */
  public static int receive(
      DescriptorLifetime descriptor, ByteBuffer target, @Nullable MessageHeader header)
      throws IOException {
    return receive(descriptor, target, Integer.MAX_VALUE, header);
  }

  /**
   * The same, where none is longer than {@code longest}: more room need not be offered to the
   * system, which takes a copy of heap memory of any length beyond what is kept for it.
   */
  public static int receive(
      DescriptorLifetime descriptor, ByteBuffer target, int longest, @Nullable MessageHeader header)
      throws IOException {
    Objects.requireNonNull(target, "target");
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int position = target.position();
    int length = Math.min(target.remaining(), longest);
    boolean slot = descriptor.beginRead();
    int n;
    try {
      // The address is taken here: the compiler inlines what makes it free only so far down.
      if (target.hasArray()) {
        n = receive(descriptor, target.array(), target.arrayOffset() + position, length, header);
      } else if (length > 0) {
        n = receive(descriptor, BufferAddress.of(target), length, header);
      } else {
        n = receive(descriptor, NOTHING, 0, 0, header);
      }
    } finally {
      descriptor.endRead(slot);
      Reference.reachabilityFence(target);
    }
    if (n >= 0) {
      target.position(position + n);
      return n;
    }
    if (n == Result.EAGAIN) {
      return ByteTransfer.NOT_READY;
    }
    String call = header == null ? "recv" : "recvmsg";
    throw new SystemCallException(call, descriptor, n, descriptor.kernel());
  }

  /** Sends a datagram: the count of bytes, or {@link ByteTransfer#NOT_READY}. */
  public static int send(
      DescriptorLifetime descriptor, ByteBuffer source, @Nullable MessageHeader header)
      throws IOException {
    Objects.requireNonNull(source, "source");
    int position = source.position();
    int length = source.remaining();
    boolean slot = descriptor.beginWrite();
    int n;
    try {
      if (source.hasArray()) {
        n = send(descriptor, source.array(), source.arrayOffset() + position, length, header);
      } else if (length > 0 && source.isDirect()) {
        n = send(descriptor, BufferAddress.of(source), length, header);
      } else {
        byte[] copy = new byte[length];
        source.get(position, copy);
        n = send(descriptor, copy, 0, length, header);
      }
    } finally {
      descriptor.endWrite(slot);
      Reference.reachabilityFence(source);
    }
    if (n >= 0) {
      source.position(position + n);
      return n;
    }
    if (n == Result.EAGAIN) {
      return ByteTransfer.NOT_READY;
    }
    throw new SystemCallException(
        header == null ? "send" : "sendmsg",
        subject(descriptor, source, header),
        n,
        descriptor.kernel());
  }

  /** Receives datagrams: their count, or {@link ByteTransfer#NOT_READY}. */
  public static int receive(DescriptorLifetime descriptor, MessageBatch batch, int count)
      throws IOException {
    boolean slot = descriptor.beginRead();
    int n;
    try {
      do {
        n = descriptor.kernel().sockets().receiveBatch(descriptor.number(), batch, count);
      } while (n == Result.EINTR);
    } finally {
      descriptor.endRead(slot);
    }
    return counted("recvmmsg", descriptor, n);
  }

  /** Sends datagrams of a batch: how many, or {@link ByteTransfer#NOT_READY}. */
  public static int send(DescriptorLifetime descriptor, MessageBatch batch, int first, int count)
      throws IOException {
    boolean slot = descriptor.beginWrite();
    int n;
    try {
      do {
        n = descriptor.kernel().sockets().sendBatch(descriptor.number(), batch, first, count);
      } while (n == Result.EINTR);
    } finally {
      descriptor.endWrite(slot);
    }
    return counted("sendmmsg", descriptor, n);
  }

  private static int counted(String call, DescriptorLifetime descriptor, int n)
      throws SystemCallException {
    if (n >= 0) {
      return n;
    }
    if (n == Result.EAGAIN) {
      return ByteTransfer.NOT_READY;
    }
    throw new SystemCallException(call, descriptor, n, descriptor.kernel());
  }

  private static int receive(
      DescriptorLifetime descriptor, long address, int length, @Nullable MessageHeader header) {
    int n;
    do {
      n = descriptor.kernel().sockets().receive(descriptor.number(), address, length, header);
    } while (n == Result.EINTR);
    return n;
  }

  private static int receive(
      DescriptorLifetime descriptor,
      byte[] target,
      int offset,
      int length,
      @Nullable MessageHeader header) {
    if (length > ByteTransfer.HEAP_BYTES && descriptor.carriesMessages()) {
      ByteBuffer whole = ByteBuffer.allocateDirect(length);
      int n = receive(descriptor, BufferAddress.of(whole), length, header);
      whole.get(0, target, offset, Math.max(n, 0));
      return n;
    }
    int number = descriptor.number();
    int n;
    do {
      n = descriptor.kernel().sockets().receive(number, target, offset, length, header);
    } while (n == Result.EINTR);
    return n;
  }

  private static int send(
      DescriptorLifetime descriptor, long address, int length, @Nullable MessageHeader header) {
    int n;
    do {
      n = descriptor.kernel().sockets().send(descriptor.number(), address, length, header);
    } while (n == Result.EINTR);
    return n;
  }

  private static int send(
      DescriptorLifetime descriptor,
      byte[] source,
      int offset,
      int length,
      @Nullable MessageHeader header) {
    if (length > ByteTransfer.HEAP_BYTES && descriptor.carriesMessages()) {
      ByteBuffer whole = ByteBuffer.allocateDirect(length).put(0, source, offset, length);
      return send(descriptor, BufferAddress.of(whole), length, header);
    }
    int most = Math.min(length, ByteTransfer.HEAP_BYTES); // a stream takes the rest later
    int number = descriptor.number();
    int n;
    do {
      n = descriptor.kernel().sockets().send(number, source, offset, most, header);
    } while (n == Result.EINTR);
    return n;
  }

  private static String subject(
      DescriptorLifetime descriptor, ByteBuffer source, @Nullable MessageHeader header) {
    StringBuilder text = new StringBuilder(descriptor.toString());
    SocketAddress to = header == null ? null : header.address().address();
    if (to != null) {
      text.append(" to ").append(AddressText.of(to));
    }
    return text.append(", ").append(source.remaining()).append(" bytes").toString();
  }
}
