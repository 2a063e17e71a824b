package dev.selkie.runtime;

import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.Io;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Offers to a write queue, the loop that writes, and events of room, in every order. */
@Timeout(120)
final class WriteQueueInterleavingTest {
  private static final int ORDERS = 75;

  @Test
  void whatIsOfferedIsWritten() {
    Participants.check(ORDERS, 3, () -> new Writing(2, 1, 2, 8));
  }

  @Test
  void whoIsRefusedIsToldOfRoom() {
    Participants.check(ORDERS, 2, () -> new Writing(1, 3, 3, 1));
  }

  @Test
  void roomThatComesIsUsed() {
    Participants.check(ORDERS, 3, () -> new Writing(1, 2, 0, 8));
  }

  /** The loop, those who offer, and one more who makes room for what is beyond the first. */
  private static final class Writing extends Participants implements ByteOutput {
    private final int offerers;
    private final int each;
    private final AtomicInteger room;
    private final ReadinessWord word = new ReadinessWord(null);
    private final Bell loop = new Bell();
    private final WriteQueue queue;
    private volatile Engine.Request work;
    private final AtomicInteger written = new AtomicInteger();

    Writing(int offerers, int each, int room, int high) {
      this.offerers = offerers;
      this.each = each;
      this.room = new AtomicInteger(room);
      this.queue = new WriteQueue(word.output, this, 0, high, this::asked);
      word.told(ReadinessWord.WRITABLE); // whether there is room or not
    }

    private void asked(Engine.Request request) {
      work = request;
      loop.ring();
    }

    @Override
    void run(int thread, Bell bell) throws Exception {
      if (thread == 0) {
        while (written.get() < offerers * each) {
          loop.await();
          work.run();
        }
      } else if (thread <= offerers) {
        for (int i = 0; i < each; i++) {
          offer(bell);
        }
      } else {
        room.set(offerers * each);
        word.told(ReadinessWord.WRITABLE);
      }
    }

    private void offer(Bell bell) throws Exception {
      ByteBuffer one = ByteBuffer.allocate(1);
      while (!queue.offer(one)) {
        if (queue.whenWritable(bell)) {
          bell.await();
        }
      }
    }

    @Override
    void end() {
      check(written.get() == offerers * each, "written: " + written);
      check(queue.size() == 0 && queue.isWritable(), "something is left");
    }

    @Override
    public int write(ByteBuffer source) {
      if (room.get() == 0) {
        return Io.NOT_READY;
      }
      room.decrementAndGet();
      source.position(source.limit());
      written.incrementAndGet();
      return 1;
    }

    @Override
    public long write(ByteBuffer[] sources, int first, int count) throws IOException {
      return write(sources[first]);
    }

    @Override
    public long write(MemorySegment source) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Descriptor descriptor() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
