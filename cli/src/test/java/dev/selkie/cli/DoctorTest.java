package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DoctorTest {
  @Test
  void thisMachineIsWell() {
    Captured doctor = Captured.run("doctor");
    assertThat(doctor.status()).isZero();
    assertThat(doctor.out())
        .allMatch(line -> line.matches("(ok|absent) .*"))
        .anyMatch(line -> line.matches("ok +native access +enabled for dev.selkie"))
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
  void jsonEscapesWhatItMust() {
    assertThat(Fact.ok("a\"b\\c\n", "").json()).contains("\"a\\\"b\\\\c\\u000a\"");
  }
}
