package dev.selkie.descriptor;

import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Receiving and sending of single datagrams by one descriptor; allocates nothing. */
public final class DatagramTransfer {
  private DatagramTransfer() {}

  /** Receives a datagram: the count of bytes, or {@link ByteTransfer#NOT_READY}. */
  public static int receive(
      DescriptorLifetime descriptor, ByteBuffer target, @Nullable MessageHeader header)
      throws IOException {
    Objects.requireNonNull(target, "target");
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    boolean slot = descriptor.beginRead();
    int n;
    try {
      do {
        n = descriptor.kernel().sockets().receive(descriptor.number(), target, header);
      } while (n == Result.EINTR);
    } finally {
      descriptor.endRead(slot);
      Reference.reachabilityFence(target);
    }
    if (n >= 0) {
      target.position(target.position() + n);
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
    boolean slot = descriptor.beginWrite();
    int n;
    try {
      do {
        n = descriptor.kernel().sockets().send(descriptor.number(), source, header);
      } while (n == Result.EINTR);
    } finally {
      descriptor.endWrite(slot);
      Reference.reachabilityFence(source);
    }
    if (n >= 0) {
      source.position(source.position() + n);
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

  private static String subject(
      DescriptorLifetime descriptor, ByteBuffer source, @Nullable MessageHeader header) {
    StringBuilder text = new StringBuilder(descriptor.toString());
    if (header != null && header.address().address() instanceof InetSocketAddress to) {
      text.append(" to ").append(AddressText.of(to));
    }
    return text.append(", ").append(source.remaining()).append(" bytes").toString();
  }
}
