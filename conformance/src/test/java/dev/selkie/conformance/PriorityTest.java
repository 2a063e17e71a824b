package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Urgent (out-of-band) data: priority, not readable; and it makes a read stop short. */
@Contract
final class PriorityTest {
  private static final byte URGENT = 33;

  private final Configuration configuration;
  private final Kernel kernel;
  private EventQueue<String> queue;
  private TcpPair pair;

  PriorityTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @BeforeEach
  void open() throws IOException {
    queue = configuration.queue(kernel);
    pair = TcpPair.open(configuration, kernel);
  }

  @AfterEach
  void close() {
    queue.close();
    pair.close();
  }

  @Test
  @Needs(Ability.PRIORITY)
  void urgentDataIsPriorityAndAloneNotReadable() throws IOException {
    queue.register(pair.server(), Interest.READABLE.and(Interest.PRIORITY), "server");
    Report.none(queue);
    assertThat(pair.client().writeUrgent(URGENT)).isOne();
    assertThat(Report.only(queue)).hasToString("server: priority");
    assertThat(pair.server().readUrgent()).isEqualTo(URGENT);
  }

  @Test
  void whoDoesNotAskIsNotTold() throws IOException {
    queue.register(pair.server(), Interest.READABLE, "server");
    pair.client().writeUrgent(URGENT);
    Report.none(queue);
  }

  @Test
  @Needs(Ability.PRIORITY)
  void priorityAloneIsNotToldOfOrdinaryData() throws IOException {
    queue.register(pair.server(), Interest.PRIORITY, "server");
    Bytes.send(pair.client(), 10);
    Report.none(queue);
    pair.client().writeUrgent(URGENT);
    assertThat(Report.only(queue)).hasToString("server: priority");
  }

  @Test
  @Needs(Ability.PRIORITY)
  void urgentAndOrdinaryDataAreOneEvent() throws IOException {
    queue.register(pair.server(), Interest.READABLE_WRITABLE.and(Interest.PRIORITY), "server");
    Bytes.send(pair.client(), 10);
    pair.client().writeUrgent(URGENT);
    Until.holds("urgent data", () -> kernelSaysPriority());
    assertThat(Report.only(queue)).hasToString("server: readable writable priority");
  }

  private boolean kernelSaysPriority() {
    int pollPri = 2;
    return kernel.files().poll(pair.server().descriptor().number(), pollPri) == pollPri;
  }

  @Test
  @Needs({Ability.EDGE, Ability.PRIORITY})
  void edgeTriggeredPriorityIsReportedAtEachUrgentByte() throws IOException {
    queue.register(pair.server(), Interest.PRIORITY.edge(), "server");
    for (int i = 0; i < 3; i++) {
      pair.client().writeUrgent(URGENT);
      assertThat(Report.only(queue)).hasToString("server: priority");
      Report.none(queue);
      assertThat(pair.server().readUrgent()).isEqualTo(URGENT);
      Bytes.send(pair.client(), 1);
      Ready.await(configuration, pair.server(), Interest.READABLE);
      Bytes.drain(pair.server());
    }
  }

  /** Whoever takes a short read for "drained" would wait for an edge that does not come. */
  @Test
  void anUrgentByteMakesAReadStopShortWithDataLeft() throws IOException {
    queue.register(pair.server(), Interest.READABLE.oneShot(), "server");
    Bytes.send(pair.client(), 10);
    pair.client().writeUrgent(URGENT);
    Bytes.send(pair.client(), 20);
    Until.holds("all has arrived", () -> kernelSaysPriority() && available() >= 10);
    assertThat(Report.only(queue)).hasToString("server: readable");
    assertThat(Bytes.read(pair.server(), 1000)).as("a short read").isEqualTo(10);
    assertThat(Bytes.read(pair.server(), 1000)).as("what was left").isEqualTo(20);
    assertThat(Bytes.read(pair.server(), 1000)).isEqualTo(Io.NOT_READY);
  }

  private int available() {
    return kernel.files().available(pair.server().descriptor().number());
  }

  @Test
  void anUrgentByteInlineIsReadableInItsPlace() throws IOException {
    pair.server().set(TcpOption.URGENT_INLINE, true);
    queue.register(pair.server(), Interest.READABLE, "server");
    Bytes.send(pair.client(), 2);
    pair.client().writeUrgent(URGENT);
    Bytes.send(pair.client(), 2);
    ByteBuffer received = ByteBuffer.allocate(100);
    while (received.position() < 5) {
      assertThat(Report.only(queue)).hasToString("server: readable");
      pair.server().read(received);
    }
    assertThat(received.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 0, URGENT, 0, 0}));
  }
}
