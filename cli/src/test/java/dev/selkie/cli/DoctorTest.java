package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class DoctorTest {
  @Test
  void thisMachineIsWell() {
    Captured doctor = Captured.run("doctor");
    assertThat(doctor.status()).isZero();
    assertThat(doctor.out())
        .allMatch(line -> line.matches("(ok|absent) .*"))
        .anyMatch(line -> line.matches("ok +native access +enabled for dev.selkie"))
        .anyMatch(line ->
            line.matches(
                "ok +fibers +mounted .* --add-opens java.base/java.lang=dev.selkie.runtime"))
        .anyMatch(line -> line.matches("ok +backend +epoll.*"))
        .anyMatch(line -> line.matches("ok +IPv4 loopback .*"));
  }

  @Test
  void jsonHasOneObjectAFact() {
    Captured doctor = Captured.run("doctor", "--json");
    assertThat(doctor.out()).hasSize(Captured.run("doctor").out().size() + 2);
    assertThat(doctor.out().getFirst()).isEqualTo("[");
    assertThat(doctor.out().getLast()).isEqualTo("]");
    assertThat(doctor.out().get(1)).matches("  \\{\"name\": \"system\", .*\"advice\": null},");
  }

  @Test
  void missingKernelIsAFact() {
    Doctor doctor =
        new Doctor(() -> {
          throw new IllegalStateException("no profile for this system");
        });
    assertThat(doctor.examine())
        .anyMatch(fact ->
            fact.state() == Fact.State.MISSING
                && fact.value().contains("no profile for this system"));
    assertThat(doctor.isWell()).isFalse();
  }

  @Test
  void missingBackendIsAFactAndNothingIsSaidOfTheNetwork() {
    FaultyKernel faulty = new FaultyKernel(Kernel.system());
    faulty.on(SystemCall.EPOLL_CREATE).fail(Errno.ENOSYS);
    Doctor doctor = new Doctor(() -> faulty);
    assertThat(doctor.examine())
        .anyMatch(fact -> fact.state() == Fact.State.MISSING && fact.name().equals("backend"))
        .noneMatch(fact -> fact.name().contains("loopback") || fact.value().contains("stacktrace"));
    assertThat(doctor.isWell()).isFalse();
  }

  @Test
  void lostByteIsWaitedForAsLongAsItIsSaidAndWithoutSpinning() {
    AtomicInteger sends = new AtomicInteger();
    AtomicInteger waits = new AtomicInteger();
    Kernel losing =
        new ForwardingKernel(Kernel.system()) {
          @Override
          protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
            if (call == SystemCall.EPOLL_WAIT) {
              waits.incrementAndGet();
            }
            return call == SystemCall.SEND && sends.incrementAndGet() == 1
                ? length
                : super.call(call, descriptor, length, invocation);
          }
        };
    long began = System.nanoTime();
    assertThat(new Doctor(() -> losing).examine())
        .anyMatch(
            fact -> fact.name().equals("IPv4 loopback") && fact.value().equals("no event in 2 s"));
    assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(2_000_000_000);
    assertThat(waits.get()).isLessThan(20);
  }

  @Test
  void timeoutsAreThoseOfTheBackend() {
    Kernel bare = new Kernel() {};
    assertThat(Doctor.isPrecise("epoll", bare)).isFalse();
    assertThat(Doctor.isPrecise("poll", bare)).isFalse();
    assertThat(Doctor.isPrecise("kqueue", bare)).isTrue();
    assertThat(new Doctor(Queues.BY_POLL::kernel).examine())
        .filteredOn(fact -> fact.name().equals("backend"))
        .extracting(Fact::value)
        .containsExactly(
            Kernel.system().poll().hasNanoseconds()
                ? "poll, timeouts in nanoseconds"
                : "poll, timeouts in milliseconds");
  }

  @Test
  void onlyWhatTheBackendWouldUseIsMissed() {
    assertThat(new Doctor(Queues.BY_POLL::kernel).examine())
        .noneMatch(fact -> fact.name().equals("epoll_pwait2"));
    Kernel kqueue =
        new ForwardingKernel(Kernel.system()) {
          @Override
          public Set<Facility> facilities() {
            return Set.of(Facility.KQUEUE);
          }
        };
    assertThat(new Doctor(() -> kqueue).examine())
        .extracting(Fact::name)
        .contains("atomic_cloexec")
        .doesNotContain("epoll_pwait2", "eventfd", "timerfd", "pidfd", "inotify");
  }

  @Test
  void jsonEscapesWhatItMust() {
    assertThat(Fact.ok("a\"b\\c\n", "").json()).contains("\"a\\\"b\\\\c\\u000a\"");
  }
}
