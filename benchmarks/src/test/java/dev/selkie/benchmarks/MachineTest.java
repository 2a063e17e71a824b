package dev.selkie.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import org.junit.jupiter.api.Test;

final class MachineTest {
  @Test
  void cpuListsHaveRanges() {
    assertThat(Machine.parseCpus("0-2,5")).containsExactly(0, 1, 2, 5);
    assertThat(Machine.parseCpus(" 3\n")).containsExactly(3);
  }

  @Test
  void thisMachineIsKnown() {
    Machine machine = Machine.here();
    assertThat(machine.cpus()).isNotEmpty();
    assertThat(machine.cpus()).contains(machine.serverCpu(), machine.loadCpu());
    assertThat(machine.cpu()).isNotBlank();
  }

  @Test
  void aClassPathOfOneFolderIsWrittenShort() {
    String separator = File.pathSeparator;
    assertThat(Launcher.shorter("/lib/a.jar" + separator + "/lib/b.jar")).isEqualTo("/lib/*");
    String mixed = "/lib/a.jar" + separator + "/classes";
    assertThat(Launcher.shorter(mixed)).isEqualTo(mixed);
  }
}
