package dev.selkie.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code struct kevent} in the layout of each system, byte by byte; abi-tables.md, section 2. */
final class ProfileKqueueTest {
  /** What a call was given, and what it answers. */
  private static final class Recorded implements KeventFunction {
    private byte[] changes = {};
    private byte[] answer = {};
    private long timeout = -1;

    @Override
    public int kqueue() {
      return 9;
    }

    @Override
    public int kevent(
        int queue,
        MemorySegment list,
        int changeCount,
        MemorySegment events,
        int eventCount,
        MemorySegment timespec) {
      changes = list.equals(MemorySegment.NULL) ? changes : list.toArray(ValueLayout.JAVA_BYTE);
      MemorySegment.copy(answer, 0, events, ValueLayout.JAVA_BYTE, 0, answer.length);
      timeout =
          timespec.equals(MemorySegment.NULL)
              ? -1
              : timespec.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000
                  + timespec.get(ValueLayout.JAVA_LONG, 8);
      return 1;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "macos-aarch64, ffff, 2100, 0700000000000000, 8877665544332211, '', 32",
    "macos-x86_64, ffff, 2100, 0700000000000000, 8877665544332211, '', 32",
    "openbsd-x86_64, ffff, 2100, 0700000000000000, 8877665544332211, '', 32",
    "dragonfly-x86_64, ffff, 2100, 0700000000000000, 8877665544332211, '', 32",
    "freebsd-x86_64, ffff, 2100, 0700000000000000, 8877665544332211, ext, 64",
    "netbsd-x86_64, 00000000, 21000000, 0700000000000000, 8877665544332211, pad, 40"
  })
  void aChangeIsLaidInTheSystemsLayout(
      String system,
      String filter,
      String flags,
      String data,
      String token,
      String extra,
      int stride) {
    Recorded recorded = new Recorded();
    Kqueue kqueue = ProfileKqueue.of(system, recorded);
    ChangeBatch changes = kqueue.newChanges(2);
    changes.set(
        1, 5, Kqueue.EVFILT_READ, Kqueue.EV_ADD | Kqueue.EV_CLEAR, 1, 7, 0x1122334455667788L);
    kqueue.await(9, changes, 2, kqueue.newBatch(1), 1_500_000_000);
    String padding = extra.equals("pad") ? "00000000" : "";
    String rest = extra.equals("ext") ? "00".repeat(32) : "";
    String expected =
        "0500000000000000" + filter + flags + "01000000" + padding + data + token + rest;
    assertThat(expected).hasSize(2 * stride);
    assertThat(HexFormat.of().formatHex(recorded.changes))
        .isEqualTo("00".repeat(stride) + expected);
    assertThat(recorded.timeout).isEqualTo(1_500_000_000);
  }

  @ParameterizedTest
  @CsvSource({
    "macos-aarch64, 0500000000000000 feff 2080 3d000000 0700000000000000 0900000000000000",
    "netbsd-x86_64,"
        + " 0500000000000000 01000000 20800000 3d000000 00000000 0700000000000000 0900000000000000"
  })
  void anEventIsReadFromTheSystemsLayout(String system, String bytes) {
    Recorded recorded = new Recorded();
    recorded.answer = HexFormat.of().parseHex(bytes.replace(" ", ""));
    Kqueue kqueue = ProfileKqueue.of(system, recorded);
    KeventBatch batch = kqueue.newBatch(2);
    assertThat(kqueue.await(9, null, 0, batch, -1)).isOne();
    assertThat(recorded.timeout).isEqualTo(-1);
    assertThat(batch.ident(0)).isEqualTo(5);
    assertThat(batch.filter(0)).isEqualTo(Kqueue.EVFILT_WRITE);
    assertThat(batch.flags(0)).isEqualTo(Kqueue.EV_CLEAR | Kqueue.EV_EOF);
    assertThat(batch.data(0)).isEqualTo(7);
    assertThat(batch.token(0)).isEqualTo(9);
    assertThat(batch.error(0)).as("61 of the BSDs").isEqualTo(Errno.ECONNREFUSED.number());
  }

  @ParameterizedTest
  @CsvSource({
    "macos-aarch64, true, true, 02000000",
    "freebsd-x86_64, true, false, 00000000",
    "openbsd-x86_64, false, true, 04000000",
    "netbsd-x86_64, false, false, 00000000",
    "dragonfly-x86_64, false, true, 02000000"
  })
  void whatIsThereDiffersAndSoDoesItsNumber(
      String system, boolean user, boolean except, String urgent) {
    Recorded recorded = new Recorded();
    Kqueue kqueue = ProfileKqueue.of(system, recorded);
    assertThat(kqueue.has(Kqueue.EVFILT_READ)).isTrue();
    assertThat(kqueue.has(Kqueue.EVFILT_USER)).as("to wake by").isEqualTo(user);
    assertThat(kqueue.has(Kqueue.EVFILT_EXCEPT)).isEqualTo(except);
    assertThat(kqueue.has(-3)).as("asynchronous I/O, which is not in use").isFalse();
    if (except) {
      ChangeBatch changes = kqueue.newChanges(1);
      changes.set(0, 5, Kqueue.EVFILT_EXCEPT, Kqueue.EV_ADD, Kqueue.NOTE_OOB, 0, 0);
      kqueue.await(9, changes, 1, kqueue.newBatch(1), 0);
      assertThat(HexFormat.of().formatHex(recorded.changes, 12, 16)).isEqualTo(urgent);
    }
  }

  /** Where an old version counts milliseconds it takes no notice of flags: they are not used. */
  @ParameterizedTest
  @CsvSource({
    "macos-aarch64, 04000000, 1500001, 7",
    "freebsd-x86_64, 08000000, 1500001, 7",
    "openbsd-x86_64, 00000000, 2, 7",
    "netbsd-x86_64, 00000000, 2, 7",
    "dragonfly-x86_64, 00000000, 2, 7"
  })
  void aTimerIsSetInTheSystemsUnitAndNeverToLess(
      String system, String flags, long nanos, long millis) {
    Recorded recorded = new Recorded();
    Kqueue kqueue = ProfileKqueue.of(system, recorded);
    ChangeBatch changes = kqueue.newChanges(1);
    boolean wide = system.startsWith("netbsd");
    int flagsAt = wide ? 16 : 12;
    int dataAt = wide ? 24 : 16;
    changes.set(0, 0, Kqueue.EVFILT_TIMER, Kqueue.EV_ADD, Kqueue.NOTE_NSECONDS, 1_500_001, 0);
    kqueue.await(9, changes, 1, kqueue.newBatch(1), 0);
    assertThat(HexFormat.of().formatHex(recorded.changes, flagsAt, flagsAt + 4)).isEqualTo(flags);
    assertThat(data(recorded, dataAt)).isEqualTo(nanos);
    changes.set(0, 0, Kqueue.EVFILT_TIMER, Kqueue.EV_ADD, 0, 7, 0);
    kqueue.await(9, changes, 1, kqueue.newBatch(1), 0);
    assertThat(data(recorded, dataAt)).as("milliseconds stay so").isEqualTo(millis);
  }

  private static long data(Recorded recorded, int at) {
    return MemorySegment.ofArray(recorded.changes).get(ValueLayout.JAVA_LONG_UNALIGNED, at);
  }
}
