package dev.selkie.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ErrnoTest {
  @Test
  void positiveAndNegativeCodesNameTheSameError() {
    for (Errno errno : Errno.values()) {
      assertThat(Errno.of(errno.number())).isSameAs(errno);
      assertThat(Errno.of(-errno.number())).isSameAs(errno);
    }
  }

  @Test
  void numbersAreLinuxs() {
    assertThat(Errno.EPERM.number()).isEqualTo(1);
    assertThat(Errno.EAGAIN.number()).isEqualTo(11);
    assertThat(Errno.EDEADLK.number()).isEqualTo(35);
    assertThat(Errno.EOPNOTSUPP.number()).isEqualTo(95);
    assertThat(Errno.ECONNREFUSED.number()).isEqualTo(111);
    assertThat(Errno.EHWPOISON.number()).isEqualTo(133);
  }

  @Test
  void everyNumberButTwoHolesHasAnError() {
    for (int number = 1; number <= 133; number++) {
      boolean hole = number == 41 || number == 58;
      assertThat(Errno.of(number) == Errno.UNKNOWN).as("errno %d", number).isEqualTo(hole);
    }
  }

  @Test
  void numbersOutsideTheTableAreUnknown() {
    int[] strangers = {
      0, 134, -134, 9_999, 10_067, -10_067, Integer.MAX_VALUE, Integer.MIN_VALUE, -Integer.MAX_VALUE
    };
    for (int stranger : strangers) {
      assertThat(Errno.of(stranger)).as("%d", stranger).isSameAs(Errno.UNKNOWN);
    }
  }

  @Test
  void messagesArePlainAndDistinct() {
    Set<String> seen = new HashSet<>();
    for (Errno errno : Errno.values()) {
      assertThat(errno.message()).as(errno.name()).isNotBlank().doesNotEndWith(".");
      assertThat(seen.add(errno.message())).as("%s repeats a message", errno).isTrue();
    }
    assertThat(Errno.ECONNREFUSED.message()).isEqualTo("connection refused");
  }

  @Test
  void codesOfResultAreThoseOfErrno() {
    assertThat(Result.EAGAIN).isEqualTo(-Errno.EAGAIN.number());
    assertThat(Result.EINPROGRESS).isEqualTo(-Errno.EINPROGRESS.number());
    assertThat(Result.ENOSYS).isEqualTo(-Errno.ENOSYS.number());
  }
}
