package dev.selkie.source;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * The end of a pipe that is written; without a reader a write fails with EPIPE.
 *
 * <p>Interest in {@link dev.selkie.Interest#READABLE} is of no use for it: it reports the end and
 * errors at most.
 */
public final class PipeWriter implements ByteOutput {
  private final DescriptorLifetime lifetime;

  private PipeWriter(DescriptorLifetime lifetime) {
    this.lifetime = lifetime;
  }

  /** The owner of a descriptor that is non-blocking already. */
  static PipeWriter of(Kernel kernel, int number) {
    return new PipeWriter(DescriptorLifetime.ofFile(kernel, number, "PipeWriter", Ownership.OWNED));
  }

  /** Takes charge of a descriptor of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static PipeWriter adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a pipe's end made elsewhere, which becomes non-blocking for all who share it.
   *
   * @throws SystemCallException if the number is not open (EBADF); it is not taken then
   * @throws IllegalArgumentException if it is no pipe or FIFO, or not opened for writing; it is not
   *     taken then either
   */
  public static PipeWriter adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    PipePair.prepare(kernel, number, Files.O_WRONLY);
    PipeWriter pipe = of(kernel, number);
    pipe.lifetime.share(); // whoever made it may have a duplicate
    return pipe;
  }

  /**
   * Gives the descriptor up: its registrations end, and the caller closes the number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    return lifetime.detach();
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return ByteTransfer.write(lifetime, source);
  }

  @Override
  public long write(ByteBuffer[] sources, int first, int count) throws IOException {
    return ByteTransfer.write(lifetime, sources, first, count);
  }

  @Override
  public long write(MemorySegment source) throws IOException {
    return ByteTransfer.write(lifetime, source);
  }

  /**
   * Moves bytes of an input into the pipe within the kernel, splice(2). A count below the most says
   * nothing of what is left in the input: a pipe is full also when it has taken many small pieces.
   *
   * @param most how many bytes at most; 0 moves none, and asks for nothing
   * @return a count, or {@link dev.selkie.Io#NOT_READY} if the input has none or the pipe is full;
   *     {@link dev.selkie.Io#END} at end of file
   * @throws UnsupportedOperationException if the system ({@link dev.selkie.kernel.Facility#SPLICE})
   *     or the input cannot do it, also since it is borrowed in blocking mode and would wait
   * @throws IllegalArgumentException if the most is negative
   * @throws SystemCallException if the call fails, in the input's name
   */
  public long spliceFrom(ByteInput source, long most) throws IOException {
    DescriptorLifetime other = source.descriptor().lifetime();
    return ByteTransfer.splice(other, lifetime, most, other);
  }

  /** Closes the writer, which is all that there is of it. */
  @Override
  public void shutdownOutput() {
    close();
  }

  @Override
  public void close() {
    lifetime.close();
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
