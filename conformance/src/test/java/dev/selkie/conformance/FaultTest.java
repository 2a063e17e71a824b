package dev.selkie.conformance;

import static dev.selkie.conformance.Faults.DONE_WITHOUT;
import static dev.selkie.conformance.Faults.TOLD_ALL_THE_SAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
  /** The calls that ask again for what is not there yet. */
  private static final Set<SystemCall> UNSURE =
      EnumSet.of(
          SystemCall.ACCEPT,
          SystemCall.RECV,
          SystemCall.RECVMSG,
          SystemCall.GETPEERNAME,
          SystemCall.GETSOCKOPT,
          SystemCall.TIMER_READ);

  private static final Logger LOG = Logger.getLogger("dev.selkie");

  private final Configuration configuration;

  FaultTest(Configuration configuration) {
    this.configuration = configuration;
  }

  /** Each life has its queue rebuilt, which is logged. */
  @BeforeEach
  void quiet() {
    LOG.setUseParentHandlers(false);
  }

  @AfterEach
  void loud() {
    LOG.setUseParentHandlers(true);
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
    assertThat(counting.count(SystemCall.DUP))
        .as("a duplicate, and the rebuild that it makes necessary")
        .isEqualTo(configuration.offers(Ability.OUTLIVING) ? 2 : 0);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFailedCallIsRecoveredOrTold(Faults faults) throws IOException {
    long calls = counted().count(faults.call());
    assumeTrue(calls > 0, () -> "the life on " + configuration + " makes no call " + faults.call());
    List<String> wrong = new ArrayList<>();
    for (long index = 1; index <= calls; index++) {
      for (Errno errno : faults.errnos()) {
        failOnce(faults, index, errno, wrong);
      }
    }
    assertThat(wrong).as("%s", faults).isEmpty();
  }

  private void failOnce(Faults faults, long index, Errno errno, List<String> wrong)
      throws IOException {
    String fault = "call " + index + " of " + faults + " fails with " + errno;
    Kernel host = configuration.kernel();
    FaultyKernel kernel = new FaultyKernel(host);
    FaultyKernel.Rule rule = kernel.on(faults.call()).fromCall(index).times(1);
    rule = faults.after().contains(errno) ? rule.failAfter(errno) : rule.fail(errno);
    Map<String, String> before = descriptors(host);
    Witness witness = new Witness(kernel, rule);
    Errno told = told(witness, fault);
    boolean applied = rule.applied() == 1;
    if (!applied && isCountSure(faults.call())) {
      wrong.add(fault + ": is not made");
    }
    boolean survived = faults.survived().contains(errno) && !witness.mayTell(errno);
    if (told != null && (told != errno || !applied || survived)) {
      wrong.add(fault + ": is told as " + told);
    }
    if (told == null && faults.told().contains(errno) && witness.mustTell(errno)) {
      wrong.add(fault + ": nobody is told, though " + witness.callers + " asked");
    }
    Map<String, String> left = descriptors(host);
    left.entrySet().removeAll(before.entrySet());
    if (!left.isEmpty()) {
      wrong.add(fault + ": leaves open " + left);
    }
  }

  /** Sees who makes the call that fails. */
  private static final class Witness extends ForwardingKernel {
    private static final String LIBRARY = "dev.selkie.";

    private final FaultyKernel.Rule rule;
    private volatile List<String> callers = List.of();

    Witness(FaultyKernel kernel, FaultyKernel.Rule rule) {
      super(kernel);
      this.rule = rule;
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      long before = rule.applied();
      long result = super.call(call, descriptor, length, invocation);
      if (rule.applied() > before) {
        callers = callers();
      }
      return result;
    }

    private static List<String> callers() {
      return StackWalker.getInstance()
          .walk(frames ->
              frames
                  .filter(frame -> frame.getClassName().startsWith(LIBRARY))
                  .map(frame -> frame.getClassName() + "." + frame.getMethodName())
                  .map(name -> name.substring(LIBRARY.length()))
                  .filter(name -> !name.startsWith("kernel.") && !name.startsWith("conformance."))
                  .toList());
    }

    /** Whether the call was made for one who tells what others survive. */
    boolean mayTell(Errno errno) {
      return callers.stream()
          .anyMatch(name -> TOLD_ALL_THE_SAME.getOrDefault(name, Set.of()).contains(errno));
    }

    /** Whether the call was made, for one who cannot do without. */
    boolean mustTell(Errno errno) {
      return rule.applied() > 0
          && callers.stream()
              .noneMatch(name -> DONE_WITHOUT.getOrDefault(name, Set.of()).contains(errno));
    }
  }

  /**
   * Whether each life makes as many such calls, up to the one that fails. On the machine, how often
   * what is not there yet is asked for depends on when it comes.
   */
  private boolean isCountSure(SystemCall call) {
    return !configuration.isMachine()
        || !(call == configuration.waitCall() || UNSURE.contains(call));
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
