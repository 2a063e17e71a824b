package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each system call of a program's life ({@link Life}) fails once, at each place, with each errno
 * that its manual page lists ({@link Faults}): the life goes on, or ends with that error, in time,
 * and leaves no descriptor.
 */
@Contract
final class FaultTest {
  private final Configuration configuration;

  FaultTest(Configuration configuration) {
    this.configuration = configuration;
  }

  static List<Faults> faults() {
    return Faults.TABLE;
  }

  private CountingKernel counted() throws IOException {
    CountingKernel counting = new CountingKernel(configuration.kernel());
    new Life(configuration, counting).live();
    return counting;
  }

  @Test
  void everyCallOfTheLifeIsInTheTable() throws IOException {
    CountingKernel counting = counted();
    Set<SystemCall> made =
        Arrays.stream(SystemCall.values())
            .filter(call -> counting.count(call) > 0)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(SystemCall.class)));
    assertThat(Faults.TABLE.stream().map(Faults::call)).doesNotHaveDuplicates().containsAll(made);
    assertThat(made)
        .contains(configuration.waitCall(), SystemCall.ACCEPT, SystemCall.RECV, SystemCall.READV);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFailedCallIsRecoveredOrTold(Faults faults) throws IOException {
    long calls = counted().count(faults.call());
    for (long index = 1; index <= calls; index++) {
      for (Errno errno : faults.errnos()) {
        failOnce(faults, index, errno);
      }
    }
  }

  private void failOnce(Faults faults, long index, Errno errno) throws IOException {
    String fault = "call " + index + " of " + faults + " fails with " + errno;
    Kernel host = configuration.kernel();
    FaultyKernel kernel = new FaultyKernel(host);
    FaultyKernel.Rule rule = kernel.on(faults.call()).fromCall(index).times(1);
    rule = faults.after().contains(errno) ? rule.failAfter(errno) : rule.fail(errno);
    Map<String, String> before = descriptors(host);
    Errno told = told(kernel, fault);
    if (told != null) {
      assertThat(rule.applied()).as(fault).isOne();
      assertThat(told).as(fault).isEqualTo(errno).isIn(faults.told());
    }
    Map<String, String> left = descriptors(host);
    left.entrySet().removeAll(before.entrySet());
    assertThat(left).as("left open when %s", fault).isEmpty();
  }

  private Map<String, String> descriptors(Kernel kernel) throws IOException {
    return configuration.isMachine()
        ? DescriptorLeaks.open()
        : new HashMap<>(configuration.descriptors(kernel));
  }

  /** Lives, and returns the error that ended the life, or null. */
  private @Nullable Errno told(Kernel kernel, String fault) {
    try {
      new Life(configuration, kernel).live();
      return null;
    } catch (SystemCallException e) {
      return checked(e);
    } catch (UncheckedIOException e) {
      assertThat(e).as(fault).hasCauseInstanceOf(SystemCallException.class);
      return checked((SystemCallException) e.getCause());
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(fault, e);
    }
  }

  /** The exception says which call failed, on what, and why. */
  private static Errno checked(SystemCallException e) {
    assertThat(e.call()).isNotBlank();
    assertThat(e.subject()).isNotBlank();
    assertThat(e).hasMessageContaining(e.errno().name()).hasMessageContaining(e.call());
    return e.errno();
  }

  @Test
  void everyCallInterruptedAgainAndAgain() throws IOException {
    for (SystemCall call :
        EnumSet.of(
            SystemCall.ACCEPT,
            SystemCall.CONNECT,
            SystemCall.RECV,
            SystemCall.RECVMSG,
            SystemCall.SEND,
            SystemCall.SENDMSG,
            SystemCall.READ,
            SystemCall.READV,
            SystemCall.WRITE,
            SystemCall.WRITEV,
            configuration.waitCall())) {
      FaultyKernel kernel = new FaultyKernel(configuration.kernel());
      kernel.on(call).times(50).fail(Errno.EINTR);
      new Life(configuration, kernel).live();
    }
  }

  @Test
  void shortTransfersAndDelaysLoseNothing() throws IOException {
    FaultyKernel kernel = new FaultyKernel(configuration.kernel());
    for (SystemCall call :
        List.of(SystemCall.SEND, SystemCall.SENDMSG, SystemCall.WRITEV, SystemCall.READV)) {
      kernel.on(call).shorten(3);
    }
    kernel.on(SystemCall.RECV).shorten(1);
    kernel.on(SystemCall.ACCEPT).delay(1_000_000);
    kernel.on(configuration.waitCall()).delay(100_000);
    new Life(configuration, kernel).live();
  }

  @Test
  void everyCloseThatReportsAnErrorHasClosed() throws IOException {
    FaultyKernel kernel = new FaultyKernel(configuration.kernel());
    kernel.on(SystemCall.CLOSE).failAfter(Errno.EIO);
    new Life(configuration, kernel).live();
  }
}
