package dev.selkie.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.ControlData.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Control data in the layouts of the bundled systems. */
final class ControlCodecTest {
  static final List<String> BUNDLED = Profile.BUNDLED;

  private static final InetSocketAddress V6 =
      new InetSocketAddress(InetAddress.ofLiteral("2001:db8::5"), 0);
  private static final InetSocketAddress V4 =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 0);

  private final MemorySegment memory = Arena.ofAuto().allocate(256, 8).fill((byte) 0x55);
  private final ControlData said = new ControlData();
  private final ControlData heard = new ControlData();

  @ParameterizedTest
  @FieldSource("BUNDLED")
  void whatIsWrittenIsReadInEverySystemsLayout(String name) {
    ControlCodec codec = new ControlCodec(Profile.bundled(name));
    said.localAddress().set(V6);
    said.setLocalAddress(3);
    said.setV6(true);
    said.setHopLimit(7);
    said.setTrafficClass(0x2e);
    int length = codec.encode(said, memory, 16);
    codec.decode(memory, 16, length, heard);
    assertThat(heard.localAddress().address()).isEqualTo(V6);
    assertThat(heard.interfaceIndex()).isEqualTo(3);
    assertThat(heard.hopLimit()).isEqualTo(7);
    assertThat(heard.trafficClass()).isEqualTo(0x2e);
    assertThat(heard.has(Kind.TIMESTAMP)).isFalse();
  }

  @Test
  void lengthsAndPlacesAreTheSystems() {
    said.setV6(true);
    said.setHopLimit(7);
    said.setTrafficClass(1);
    ControlCodec linux = new ControlCodec(Profile.bundled("linux-x86_64"));
    assertThat(linux.encode(said, memory, 0)).isEqualTo(48); // twice 16 and 4, made 24
    assertThat(longs(0, 5)).containsExactly(20L, 41L | 52L << 32, 7L, 20L, 41L | 67L << 32);
    ControlCodec mac = new ControlCodec(Profile.bundled("macos-aarch64"));
    assertThat(mac.encode(said, memory, 0)).isEqualTo(32); // twice 12 and 4
    assertThat(longs(0, 4))
        .containsExactly(16L | 41L << 32, 47L | 7L << 32, 16L | 41L << 32, 36L | 1L << 32);
    ControlCodec freebsd = new ControlCodec(Profile.bundled("freebsd-x86_64"));
    assertThat(freebsd.encode(said, memory, 0)).isEqualTo(48); // 12 made 16, and 4, made 24
    assertThat(memory.get(ValueLayout.JAVA_INT, 16)).isEqualTo(7);
    assertThat(memory.get(ValueLayout.JAVA_INT, 40)).isEqualTo(1);
  }

  private long[] longs(int at, int count) {
    return memory.asSlice(at, (long) count * Long.BYTES).toArray(ValueLayout.JAVA_LONG);
  }

  @Test
  void aSystemThatCannotBeToldSomethingSaysSo() {
    ControlCodec freebsd = new ControlCodec(Profile.bundled("freebsd-x86_64"));
    said.setSegmentSize(100);
    assertThatThrownBy(() -> freebsd.encode(said, memory, 0))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("SEGMENT_SIZE");
    said.clear();
    said.localAddress().set(V4);
    said.setLocalAddress(0);
    assertThat(freebsd.encode(said, memory, 0)).isEqualTo(24); // IP_SENDSRCADDR
    said.setLocalAddress(2);
    assertThatThrownBy(() -> freebsd.encode(said, memory, 0))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("interface");
  }

  @Test
  void addressAndInterfaceInMessagesOfTheirOwnAreOne() {
    ControlCodec freebsd = new ControlCodec(Profile.bundled("freebsd-x86_64"));
    message(0, 20, 0, 20, 0x0002_0000_0000_1200L); // IP_RECVIF: a sockaddr_dl of interface 2
    memory.set(ValueLayout.JAVA_SHORT, 18, (short) 2);
    message(24, 20, 0, 7, 0x0702_00c0L); // IP_RECVDSTADDR
    freebsd.decode(memory, 0, 48, heard);
    assertThat(heard.localAddress().address()).isEqualTo(V4);
    assertThat(heard.interfaceIndex()).isEqualTo(2);
  }

  private void message(int at, int length, int level, int type, long data) {
    memory.set(ValueLayout.JAVA_INT, at, length);
    memory.set(ValueLayout.JAVA_INT, at + 4, level);
    memory.set(ValueLayout.JAVA_INT, at + 8, type);
    memory.set(ValueLayout.JAVA_LONG, at + 16, data);
  }

  @Test
  void brokenLengthsEndTheReading() {
    ControlCodec linux = new ControlCodec(Profile.bundled("linux-x86_64"));
    said.setV6(true);
    said.setHopLimit(7);
    int length = linux.encode(said, memory, 0);
    for (int broken : new int[] {-1, 0, 15, length + 1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      memory.set(ValueLayout.JAVA_LONG, 0, broken);
      linux.decode(memory, 0, length, heard);
      assertThat(heard.isEmpty()).as("length %d", broken).isTrue();
    }
    memory.set(ValueLayout.JAVA_LONG, 0, 20);
    linux.decode(memory, 0, 15, heard);
    assertThat(heard.isEmpty()).isTrue();
    linux.decode(memory, 0, 20, heard);
    assertThat(heard.hopLimit()).isEqualTo(7);
  }
}
