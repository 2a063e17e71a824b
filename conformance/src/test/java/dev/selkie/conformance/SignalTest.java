package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Signals;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.SignalEvent;
import dev.selkie.source.SignalSource;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Signals as sources: who is told of them and how often, and which of them are refused. They are
 * signals that do nothing to a process which does not take them.
 */
@Contract
final class SignalTest extends QueueCases {
  private static final String WINDOW = "WINCH";
  private static final String URGENT = "URG";
  private static final String CONTINUE = "CONT";

  SignalTest(Configuration configuration) {
    super(configuration);
  }

  /** Waits until a source has something to tell, and takes it. */
  private SignalEvent next(SignalSource source) throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < Ready.DEADLINE.toNanos()) {
      Ready.await(configuration, source, Interest.READABLE);
      SignalEvent event = source.poll();
      if (event != null) {
        return event;
      }
    }
    throw new AssertionError(source + " tells nothing in " + Ready.DEADLINE);
  }

  /** Takes signals until so many have arrived. */
  private void take(SignalSource source, String name, long count) throws IOException {
    long taken = 0;
    while (taken < count) {
      SignalEvent event = next(source);
      assertThat(event.name()).isEqualTo(name);
      taken += event.count();
    }
    assertThat(taken).isEqualTo(count);
    assertThat(source.poll()).isNull();
  }

  @Test
  void aSignalIsTakenInTheQueueWithAllElse() throws Exception {
    try (SignalSource source = SignalSource.of(kernel, WINDOW)) {
      queue.register(source, Interest.READABLE, "signal");
      Report.none(queue);
      assertThat(source.poll()).isNull();
      for (int i = 0; i < 3; i++) {
        Kill.self(host, WINDOW, 1);
        assertThat(Report.only(queue)).hasToString("signal: readable");
        assertThat(source.poll()).isEqualTo(new SignalEvent(WINDOW, 1));
        Report.none(queue);
        assertThat(source.poll()).isNull();
      }
      assertThat(source.names()).containsExactly(WINDOW);
      assertThat(source.toString()).matches("SignalSource fd \\d+ for WINCH");
    }
  }

  @Test
  @Needs(Ability.EDGE)
  void anEdgeIsReportedForEachSignalThatIsTaken() throws Exception {
    try (SignalSource source = SignalSource.of(kernel, URGENT)) {
      queue.register(source, Interest.READABLE.edge(), "signal");
      for (int i = 0; i < 3; i++) {
        Kill.self(host, URGENT, 1);
        assertThat(Report.only(queue)).hasToString("signal: readable");
        assertThat(source.poll()).isEqualTo(new SignalEvent(URGENT, 1));
        assertThat(source.poll()).isNull();
      }
    }
  }

  @Test
  void severalSignalsOfOneSourceAreToldApart() throws Exception {
    try (SignalSource source = SignalSource.of(kernel, URGENT, "SIG" + WINDOW, CONTINUE)) {
      assertThat(source.names()).containsExactly(URGENT, WINDOW, CONTINUE);
      queue.register(source, Interest.READABLE, "signals");
      for (String name : source.names()) {
        Kill.self(host, name, 1);
      }
      List<String> told = new ArrayList<>();
      for (int i = 0; i < 3; i++) { // one for each wait: it is readable again
        SignalEvent event = null;
        while (event == null) {
          assertThat(Report.only(queue)).hasToString("signals: readable");
          event = source.poll();
        }
        assertThat(event.count()).isOne();
        told.add(event.name());
      }
      assertThat(told).containsExactlyInAnyOrder(URGENT, WINDOW, CONTINUE);
      assertThat(source.poll()).isNull();
      Report.none(queue);
    }
  }

  @Test
  void allWhoTakeASignalAreToldInWhateverQueue() throws Exception {
    SignalSource one = SignalSource.of(kernel, WINDOW);
    try (SignalSource other = SignalSource.of(kernel, URGENT, WINDOW);
        EventQueue<String> second = configuration.queue(kernel)) {
      queue.register(one, Interest.READABLE, "one");
      queue.register(other, Interest.READABLE, "other");
      second.register(other, Interest.READABLE, "other here");
      Kill.self(host, WINDOW, 1);
      Ready.await(configuration, one, Interest.READABLE);
      Ready.await(configuration, other, Interest.READABLE);
      assertThat(Report.attachments(Report.next(queue))).containsExactlyInAnyOrder("one", "other");
      assertThat(Report.only(second)).hasToString("other here: readable");
      assertThat(one.poll()).isEqualTo(new SignalEvent(WINDOW, 1));
      assertThat(other.poll()).isEqualTo(new SignalEvent(WINDOW, 1));
      Report.none(queue);
      Report.none(second);

      one.close();
      Kill.self(host, WINDOW, 1);
      take(other, WINDOW, 1);
      assertThatThrownBy(one::poll).isInstanceOf(ClosedChannelException.class);
    } finally {
      one.close();
    }
  }

  /** The system may take two for one, and a listener of the test's own says how many there were. */
  @Test
  void inABurstEveryArrivalIsCounted() throws Exception {
    AtomicInteger arrivals = new AtomicInteger();
    Runnable listener = arrivals::incrementAndGet;
    assertThat(host.signals().subscribe(URGENT, listener)).isZero();
    long taken = 0;
    long counted = -1;
    try (SignalSource source = SignalSource.of(kernel, URGENT, WINDOW)) {
      Background<Boolean> storm =
          Background.start(() -> {
            Kill.self(host, URGENT, 500);
            Kill.self(host, WINDOW, 1);
            return true;
          });
      boolean last = false;
      while (!last || taken == 0) {
        SignalEvent event = next(source);
        last |= event.name().equals(WINDOW);
        taken += event.name().equals(URGENT) ? event.count() : 0;
      }
      assertThat(storm.result()).isTrue();
      long start = System.nanoTime();
      while (taken != counted && System.nanoTime() - start < Ready.DEADLINE.toNanos()) {
        SignalEvent event = source.poll();
        taken += event == null ? 0 : event.count();
        counted = arrivals.get(); // some may be on their way yet
      }
    } finally {
      assertThat(host.signals().unsubscribe(URGENT, listener)).isZero();
    }
    assertThat(taken).isEqualTo(counted).isBetween(1L, 500L);
  }

  @Test
  void manyThreadsTakeEachArrivalOnce() throws Exception {
    int arrivals = 2_000;
    TestSignals signals = new TestSignals();
    try (SignalSource source = SignalSource.of(signals.in(host), URGENT)) {
      List<Background<Long>> takers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        takers.add(
            Background.start(() -> {
              long taken = 0;
              for (SignalEvent event = source.poll();
                  event != null || !signals.over;
                  event = source.poll()) {
                taken += event == null ? 0 : event.count();
              }
              return taken;
            }));
      }
      Background<Boolean> sender = Background.start(() -> signals.send(arrivals / 2));
      signals.send(arrivals / 2);
      assertThat(sender.result()).isTrue();
      signals.over = true;
      long taken = takers.get(0).result() + takers.get(1).result();
      for (SignalEvent event = source.poll(); event != null; event = source.poll()) {
        taken += event.count();
      }
      assertThat(taken).isEqualTo(arrivals);
      assertThat(Ready.within(configuration, source, Interest.READABLE, Duration.ZERO))
          .as("nothing is left to wake for")
          .isFalse();
    }
  }

  /** Signals that a test has in its hand. */
  private static final class TestSignals implements Signals {
    private volatile Runnable listener;
    volatile boolean over;

    Kernel in(Kernel host) {
      return new ForwardingKernel(host) {
        @Override
        public Signals signals() {
          return TestSignals.this;
        }
      };
    }

    @Override
    public int subscribe(String name, Runnable told) {
      listener = told;
      return 0;
    }

    @Override
    public int unsubscribe(String name, Runnable told) {
      return 0; // and what is under way goes on
    }

    boolean send(int count) {
      for (int i = 0; i < count; i++) {
        listener.run();
      }
      return true;
    }
  }

  @Test
  void aSourceIsClosedWhileSignalsArrive() throws Exception {
    TestSignals signals = new TestSignals();
    Kernel own = signals.in(host);
    try (EventQueue<String> ownQueue = configuration.queue(own)) {
      for (int i = 0; i < 50; i++) {
        SignalSource source = SignalSource.of(own, URGENT);
        ownQueue.register(source, Interest.READABLE, "signal");
        CountDownLatch begun = new CountDownLatch(1);
        Background<Boolean> storm =
            Background.start(() -> {
              begun.countDown();
              return signals.send(200);
            });
        assertThat(begun.await(Ready.DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        source.poll();
        source.close();
        source.close();
        assertThat(source.isOpen()).isFalse();
        assertThat(storm.result()).isTrue();
        Report.none(ownQueue);
        assertThatThrownBy(source::poll).isInstanceOf(ClosedChannelException.class);
      }
    }
  }

  @Test
  void whatCannotBeTakenIsRefusedWithTheReason() {
    Map<String, String> reasons =
        Map.of(
            "KILL", "no process can take it",
            "STOP", "no process can take it",
            "QUIT", "the JVM takes it, to print what its threads do",
            "USR2", "the JVM takes it, to suspend its threads; USR1 is free",
            "SEGV", "the JVM takes it, for a fault in its own code",
            "PIPE", "the JVM takes it and does nothing, so that a write reports its error",
            "CHLD", "the JDK sets its action anew when it starts its first process",
            "NONE", "the system has no signal of that name; HUP, INT, ABRT, ",
            "", "the system has no signal of that name; HUP, INT, ABRT, ");
    reasons.forEach((name, reason) ->
        assertThatIllegalArgumentException()
            .isThrownBy(() -> SignalSource.of(kernel, WINDOW, name))
            .withMessageStartingWith("the signal " + name + " cannot be taken: " + reason));
    if (!kernel.facilities().contains(Facility.EPOLL)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SignalSource.of(kernel, "IO"))
          .withMessageContaining("wakes threads that wait in I/O");
    }
    for (String name : List.of("ILL", "BUS", "FPE", "TRAP", "XFSZ")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SignalSource.of(kernel, name))
          .withMessageStartingWith("the signal " + name + " cannot be taken: the JVM takes it");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignalSource.of(kernel))
        .withMessage("no signal is named: name one or more, such as \"HUP\"");
  }

  @Test
  void whatTheSystemRefusesIsToldAndLeavesNothing() throws Exception {
    faults.on(SystemCall.SIGACTION).fromCall(2).times(1).fail(Errno.ENOMEM);
    assertThatThrownBy(() -> SignalSource.of(kernel, URGENT, WINDOW))
        .hasMessageMatching("sigaction\\(SIGWINCH\\): ENOMEM .*");
    faults.clear();
    faults.on(SystemCall.EVENTFD).fail(Errno.EMFILE);
    faults.on(SystemCall.PIPE).fail(Errno.EMFILE);
    assertThatThrownBy(() -> SignalSource.of(kernel, URGENT)).hasMessageContaining("EMFILE");
    faults.clear();
    Kernel without =
        new ForwardingKernel(host) {
          @Override
          public Signals signals() {
            return new Signals() {};
          }
        };
    assertThatThrownBy(() -> SignalSource.of(without, URGENT))
        .hasMessageMatching("sigaction\\(SIGURG\\): ENOSYS .*");
    faults.on(SystemCall.SIGACTION).fromCall(2).times(3).fail(Errno.EINTR);
    SignalSource.of(kernel, URGENT).close();
    assertThat(host.signals().unsubscribe(URGENT, () -> {})).isEqualTo(Result.EINVAL);
  }
}
