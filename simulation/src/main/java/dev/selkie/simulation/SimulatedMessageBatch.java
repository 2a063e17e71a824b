package dev.selkie.simulation;

import dev.selkie.kernel.MessageBatch;
import dev.selkie.kernel.MessageHeader;
import java.nio.ByteBuffer;

/** Messages for one call, in Java. */
final class SimulatedMessageBatch implements MessageBatch {
  private final byte[][] bytes;
  private final ByteBuffer[] memory;
  private final MessageHeader[] headers;
  private final int[] lengths;

  SimulatedMessageBatch(int capacity, int room) {
    bytes = new byte[capacity][room];
    memory = new ByteBuffer[capacity];
    headers = new MessageHeader[capacity];
    lengths = new int[capacity];
    for (int i = 0; i < capacity; i++) {
      memory[i] = ByteBuffer.wrap(bytes[i]);
      headers[i] = new MessageHeader();
    }
  }

  @Override
  public int capacity() {
    return bytes.length;
  }

  @Override
  public ByteBuffer memory(int index) {
    return memory[index];
  }

  @Override
  public int length(int index) {
    return lengths[index];
  }

  @Override
  public boolean isTruncated(int index) {
    return headers[index].isTruncated();
  }

  @Override
  public void read(int index, MessageHeader header) {
    header.copyReceived(headers[index]);
  }

  @Override
  public void write(int index, int length, MessageHeader header) {
    headers[index].copyOutgoing(header);
    lengths[index] = length;
  }

  /** Receives until there is no more: the count, or a negative code if there was nothing. */
  int receive(SocketFile socket, SimulatedNetwork network, int count) {
    int done = 0;
    while (done < count && !endsEarly(socket, network, done)) {
      byte[] room = bytes[done];
      long n = socket.receive(network.transfer().of(room, 0, room.length), headers[done]);
      if (n < 0) {
        return done == 0 ? (int) n : done;
      }
      lengths[done++] = (int) n;
    }
    return done;
  }

  /** Sends until one is refused: the count, or a negative code if it was the first. */
  int send(SocketFile socket, SimulatedNetwork network, int first, int count) {
    int done = 0;
    while (done < count && !endsEarly(socket, network, done)) {
      int i = first + done;
      long n = socket.send(network.transfer().of(bytes[i], 0, lengths[i]), headers[i]);
      if (n < 0) {
        return done == 0 ? (int) n : done;
      }
      done++;
    }
    return done;
  }

  /** A call that has moved something leaves an error to the next one, and may stop anywhere. */
  private static boolean endsEarly(SocketFile socket, SimulatedNetwork network, int done) {
    return done > 0 && (socket.pendingError() != 0 || network.takes(Freedom.SHORT_BATCHES));
  }
}
