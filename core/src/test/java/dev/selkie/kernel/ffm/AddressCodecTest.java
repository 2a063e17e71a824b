package dev.selkie.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.AddressBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Socket addresses in the layout of each system, byte by byte; abi-tables.md, section 4. */
final class AddressCodecTest {

  private static String hex(MemorySegment memory, int length) {
    return HexFormat.of().formatHex(memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
  }

  private static @Nullable SocketAddress decoded(
      AddressCodec codec, MemorySegment memory, int length) {
    AddressBuffer address = new AddressBuffer();
    codec.decode(memory, 0, length, address);
    return address.address();
  }

  @ParameterizedTest
  @CsvSource({
    "linux-x86_64, 0200, 0a00",
    "macos-aarch64, 1002, 1c1e",
    "freebsd-x86_64, 1002, 1c1c",
    "dragonfly-x86_64, 1002, 1c1c",
    "openbsd-x86_64, 1002, 1c18",
    "netbsd-aarch64, 1002, 1c18"
  })
  void aLengthByteAndTheFamilyComeFirst(String system, String v4, String v6)
      throws UnknownHostException {
    AddressCodec codec = new AddressCodec(Profile.bundled(system));
    InetSocketAddress four =
        new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0x1234);
    byte[] bytes = new byte[16];
    bytes[0] = (byte) 0xfe;
    bytes[1] = (byte) 0x80;
    bytes[15] = 9;
    InetSocketAddress six =
        new InetSocketAddress(Inet6Address.getByAddress(null, bytes, 7), 0x1234);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(codec.capacity(), 8);
      int length = codec.encode(four, memory);
      assertThat(hex(memory, length)).isEqualTo(v4 + "12347f0000010000000000000000");
      assertThat(decoded(codec, memory, length)).isEqualTo(four);
      length = codec.encode(six, memory);
      assertThat(hex(memory, length))
          .isEqualTo(v6 + "123400000000fe80000000000000000000000000000907000000");
      assertThat(decoded(codec, memory, length)).isEqualTo(six);
    }
  }
}
