package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a message allocates while it is recorded and timed: nothing, at the usual thresholds. */
final class RecordedCostTest extends EchoCosts {
  @Test
  @Timeout(60)
  void aMessageAllocatesNothingThoughItIsRecordedAndTimed() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    start();
    try (Recording recording = new Recording();
        TcpListener listener = listener()) {
      for (String event : new String[] {"Wait", "Batch", "SlowCallback", "Wake"}) {
        recording.enable("dev.selkie." + event);
      }
      recording.start();
      loop().snapshot();
      connect(listener, 8);
      for (TcpStream s = accept(listener); s != null; s = accept(listener)) {
        loop()
            .watch(
                s,
                Interest.READABLE.edge(),
                (stream, _) -> {
                  stream.read(buffer.clear());
                  stream.write(buffer.flip());
                });
      }
      assertThat(fewestBytes()).isZero();
    }
  }
}
