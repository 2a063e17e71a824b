package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Errno;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers that a simulated system gives errors, by its errno.h. */
final class SimulatedErrnoTest {
  @ParameterizedTest
  @CsvSource({
    "LINUX, 2, 11, 35, 95, 111, 38",
    "MACOS, 2, 35, 11, 102, 61, 78",
    "FREEBSD, 2, 35, 11, 45, 61, 78",
    "OPENBSD, 2, 35, 11, 45, 61, 78",
    "NETBSD, 2, 35, 11, 45, 61, 78",
    "DRAGONFLY, 2, 35, 11, 45, 61, 78"
  })
  void errorsHaveTheSystemsOwnNumbers(
      SimulatedSystem system,
      int enoent,
      int eagain,
      int edeadlk,
      int eopnotsupp,
      int econnrefused,
      int enosys) {
    SimulatedKernel kernel = SimulatedKernel.builder().system(system).build();
    assertThat(kernel.nativeErrno(Errno.ENOENT)).isEqualTo(enoent);
    assertThat(kernel.nativeErrno(Errno.EAGAIN)).isEqualTo(eagain);
    assertThat(kernel.nativeErrno(Errno.EDEADLK)).isEqualTo(edeadlk);
    assertThat(kernel.nativeErrno(Errno.EOPNOTSUPP)).isEqualTo(eopnotsupp);
    assertThat(kernel.nativeErrno(Errno.ECONNREFUSED)).isEqualTo(econnrefused);
    assertThat(kernel.nativeErrno(Errno.ENOSYS)).isEqualTo(enosys);
  }
}
