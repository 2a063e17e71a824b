package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.Envelope;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Source;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.AncillaryData;
import dev.selkie.net.PeerCredentials;
import dev.selkie.net.TcpListener;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.net.UnixOption;
import dev.selkie.net.UnixStream;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Descriptors and credentials that are passed over Unix sockets. */
@Contract
final class UnixPassingTest {
  private final Configuration configuration;
  private final Kernel kernel;
  private UnixStream.Pair pair;
  private PipePair pipe;
  private AncillaryData out;
  private AncillaryData in;

  UnixPassingTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @BeforeEach
  void open() throws IOException {
    pair = UnixStream.pair(kernel);
    pipe = PipePair.open(kernel);
    out = new AncillaryData();
    in = new AncillaryData();
  }

  @AfterEach
  void close() {
    out.close();
    in.close();
    pipe.close();
    pair.close();
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count);
  }

  private int receive(ByteBuffer target) throws IOException {
    Ready.await(configuration, pair.other(), Interest.READABLE);
    return pair.other().receive(target, in);
  }

  @Test
  void severalDescriptorsArePassedWithAByte() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      assertThat(pair.other().receive(bytes(1), in)).isEqualTo(Io.NOT_READY);
      assertThat(pair.one().send(bytes(1), out.pass(pipe.reader(), pipe.writer()).pass(listener)))
          .isEqualTo(1);
      pipe.close(); // it lives on in the message
      assertThat(receive(bytes(10))).isEqualTo(1);
      assertThat(in.descriptorCount()).isEqualTo(3);
      assertThat(in.isIncomplete()).isFalse();
      try (PipeReader reader = in.take(PipeReader::adopt);
          PipeWriter writer = in.take(PipeWriter::adopt);
          TcpListener same = in.take(TcpListener::adopt)) {
        writer.write(bytes(5));
        assertThat(reader.read(bytes(10))).isEqualTo(5);
        assertThat(same.localAddress()).isEqualTo(listener.localAddress());
        assertThat(in.descriptorCount()).isZero();
        assertThatThrownBy(() -> in.take(PipeReader::adopt))
            .isInstanceOf(IllegalStateException.class);
      }
    }
  }

  @Test
  void asManyAsAMessageCarriesArePassed() throws IOException {
    Source[] many = new Source[AncillaryData.MOST_DESCRIPTORS];
    Arrays.fill(many, pipe.reader());
    pair.one().send(bytes(1), out.pass(many));
    assertThat(receive(bytes(1))).isEqualTo(1);
    assertThat(in.descriptorCount()).isEqualTo(many.length);
    assertThatThrownBy(() -> out.pass(many).pass(pipe.reader()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("253 is the most");
  }

  @Test
  void whatNobodyTakesIsClosed() throws IOException {
    for (int i = 0; i < 3; i++) {
      pair.one().send(bytes(1), out.pass(pipe.writer()));
      assertThat(receive(bytes(1))).isEqualTo(1); // closes what came before
      assertThat(in.descriptorCount()).isEqualTo(1);
    }
    in.close();
    pair.one().send(bytes(1), out.pass(pipe.writer()));
    Ready.await(configuration, pair.other(), Interest.READABLE);
    assertThat(pair.other().read(bytes(1))).isEqualTo(1); // which has no use for it
    pair.one().send(bytes(1), out.pass(pipe.writer()));
    pipe.writer().close();
    pair.close(); // it was never received
    assertThat(pipe.reader().read(bytes(1))).isEqualTo(Io.END);
  }

  @Test
  void whatCannotBeTakenStaysNext() throws IOException {
    pair.one().send(bytes(1), out.pass(pipe.reader()));
    receive(bytes(1));
    assertThatThrownBy(() -> in.take(TcpListener::adopt)).isInstanceOf(SystemCallException.class);
    assertThat(in.descriptorCount()).isEqualTo(1);
    assertThat(in.skip()).isTrue();
    assertThat(in.skip()).isFalse();
  }

  @Test
  void aReadStopsWhereDescriptorsCame() throws IOException {
    pair.one().write(bytes(2));
    pair.one().send(bytes(3), out.pass(pipe.reader()));
    pair.one().write(bytes(4));
    int first = receive(bytes(100));
    assertThat(first).isLessThanOrEqualTo(5);
    int descriptors = in.descriptorCount();
    int total = first;
    while (total < 9) {
      total += receive(bytes(100));
      descriptors += in.descriptorCount();
    }
    assertThat(total).isEqualTo(9);
    assertThat(descriptors).isEqualTo(1);
    pair.one().close();
    assertThat(receive(bytes(1))).isEqualTo(Io.END);
  }

  @Test
  void aRestIsSentWithoutDescriptors() throws IOException {
    ByteBuffer large = ByteBuffer.allocateDirect(1 << 22);
    int sent = pair.one().send(large, out.pass(pipe.reader()));
    assertThat(sent).isBetween(1, large.capacity() - 1);
    Bytes.drain(pair.other());
    assertThat(pair.one().send(large, out)).isPositive();
    receive(bytes(10));
    assertThat(in.descriptorCount()).isZero();
  }

  /** Heap memory goes through 64 KiB of native memory, which a message may not be cut to. */
  @Test
  void muchHeapMemoryGoesWithThemToo() throws IOException {
    int size = 100_000;
    assertThat(pair.one().send(bytes(size), out.pass(pipe.reader()))).isBetween(1, size);
    receive(bytes(10));
    assertThat(in.descriptorCount()).isEqualTo(1);
    try (UnixDatagramSocket.Pair datagrams = UnixDatagramSocket.pair(kernel);
        UnixStream.Pair packets = UnixStream.pairOfSequencedPackets(kernel)) {
      ByteBuffer large = bytes(size).put(size - 1, (byte) 7);
      assertThat(datagrams.one().send(large, out.pass(pipe.reader()))).isEqualTo(size);
      ByteBuffer target = bytes(size + 1);
      assertThat(datagrams.other().receive(target, in)).isEqualTo(size);
      assertThat(target.get(size - 1)).isEqualTo((byte) 7);
      assertThat(in.descriptorCount()).isEqualTo(1);
      assertThat(packets.one().send(large.clear(), out.pass(pipe.reader()))).isEqualTo(size);
      assertThat(packets.other().receive(target.clear(), in)).isEqualTo(size);
      assertThat(in.descriptorCount()).isEqualTo(1);
      assertThat(datagrams.one().send(large.clear())).isEqualTo(size);
      assertThat(datagrams.other().receive(target.clear())).isEqualTo(size);
    }
  }

  @Test
  void datagramsAndPacketsCarryThemToo() throws IOException {
    try (UnixDatagramSocket.Pair datagrams = UnixDatagramSocket.pair(kernel);
        UnixStream.Pair packets = UnixStream.pairOfSequencedPackets(kernel)) {
      datagrams.one().send(bytes(0), out.pass(pipe.writer()));
      assertThat(datagrams.other().receive(bytes(10), in)).isZero();
      assertThat(in.descriptorCount()).isEqualTo(1);
      assertThat(in.address()).isNull();
      packets.one().send(bytes(7), out.pass(pipe.reader(), pipe.writer()));
      assertThat(packets.other().receive(bytes(3), in)).isEqualTo(3);
      assertThat(in.isTruncated()).isTrue();
      assertThat(in.descriptorCount()).isEqualTo(2);
      datagrams.one().send(bytes(1), out.pass(pipe.writer()));
      assertThat(datagrams.other().receive(bytes(1), new Envelope())).isEqualTo(1); // closes it
    }
  }

  @Test
  void credentialsAreToldToWhoAsks() throws IOException {
    if (!kernel.facilities().contains(Facility.ABSTRACT_NAMES)) { // Linux has both
      assertThat(
              catchThrowableOfType(
                      SystemCallException.class,
                      () -> pair.other().set(UnixOption.RECEIVE_CREDENTIALS, true))
                  .errno())
          .isEqualTo(Errno.ENOPROTOOPT);
      return;
    }
    pair.other().set(UnixOption.RECEIVE_CREDENTIALS, true);
    pair.one().write(bytes(1));
    receive(bytes(1));
    PeerCredentials sender = in.credentials();
    assertThat(sender).isEqualTo(pair.other().peerCredentials());
    pair.one().send(bytes(1), out.sendCredentials(sender));
    receive(bytes(1));
    assertThat(in.credentials()).isEqualTo(sender);
    if (!configuration.isMachine()) { // root may say anything
      out.sendCredentials(new PeerCredentials(sender.pid(), sender.uid() + 1, sender.gid()));
      assertThat(
              catchThrowableOfType(SystemCallException.class, () -> pair.one().send(bytes(1), out))
                  .errno())
          .isEqualTo(Errno.EPERM);
    }
    out.sendCredentials(null);
    pair.other().set(UnixOption.RECEIVE_CREDENTIALS, false);
    pair.one().send(bytes(1), out);
    receive(bytes(1));
    assertThat(in.credentials()).isNull();
  }

  @Test
  void wrongUsesAreRefused() throws IOException {
    out.pass(pipe.reader());
    assertThatThrownBy(() -> pair.one().send(bytes(0), out))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a byte at least");
    pipe.reader().close();
    assertThatThrownBy(() -> pair.one().send(bytes(1), out))
        .hasCauseInstanceOf(ClosedChannelException.class)
        .hasMessageContaining("was to be passed, and is closed");
    assertThat(pair.one().send(bytes(1), out.passNothing())).isEqualTo(1);
    receive(bytes(1));
    assertThat(in.descriptorCount()).isZero();
    assertThat(in).hasToString("0 descriptors");
  }

  @Test
  void aTableWithoutRoomLosesThemAndSaysSo() throws IOException {
    assumeFalse(configuration.isMachine(), "the process's table is everybody's: the next case");
    pair.one().send(bytes(1), out.pass(pipe.reader(), pipe.writer()));
    int[] filled = new int[2000];
    int count = 0;
    int number = kernel.files().duplicate(pipe.reader().descriptor().number());
    while (number >= 0) {
      filled[count++] = number;
      number = kernel.files().duplicate(filled[0]);
    }
    kernel.files().close(filled[--count]);
    assertThat(pair.other().receive(bytes(1), in)).isEqualTo(1);
    assertThat(in.isIncomplete()).isTrue();
    assertThat(in.descriptorCount()).isEqualTo(1);
    in.close();
    for (int i = 0; i < count; i++) {
      kernel.files().close(filled[i]);
    }
  }

  @Test
  void aJvmWithoutRoomLosesThemAndSaysSo() throws Exception {
    assumeTrue(configuration.isMachine(), "the case before is that of simulated tables");
    assertThat(ChildJvm.run("ulimit -n 64", List.of(), Full.class, configuration.name()).strip())
        .endsWith("1 descriptors, some lost");
  }

  /** Is passed two descriptors with room for one in its table. */
  static final class Full {
    private Full() {}

    /** Runs; the argument is unused. */
    public static void main(String[] arguments) throws IOException {
      Kernel kernel = Kernel.system();
      try (UnixStream.Pair pair = UnixStream.pair(kernel);
          PipePair pipe = PipePair.open(kernel);
          AncillaryData data = new AncillaryData()) {
        for (int i = 0; i < 2; i++) { // classes are loaded by the first, before the table is full
          pair.one().send(bytes(1), data.pass(pipe.reader(), pipe.writer()));
          Deque<Integer> filled = new ArrayDeque<>();
          int number = i == 0 ? -1 : kernel.files().duplicate(0);
          while (number >= 0) {
            filled.push(number);
            number = kernel.files().duplicate(0);
          }
          if (i > 0) {
            kernel.files().close(filled.pop());
          }
          pair.other().receive(bytes(1), data);
          String received = data.toString();
          while (data.skip()) { // until all are closed
          }
          filled.forEach(kernel.files()::close);
          System.out.println(received);
        }
      }
    }
  }
}
