package dev.selkie.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.PipePair;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class StandardOutputTest {
  @Test
  void pipeWithoutReaderIsToldFromOneWithAReader() throws IOException {
    try (PipePair pipe = PipePair.open()) {
      int number = pipe.writer().descriptor().number();
      assertThat(StandardOutput.isUnread(Kernel.current(), number)).isFalse();
      pipe.reader().close();
      assertThat(StandardOutput.isUnread(Kernel.current(), number)).isTrue();
    }
  }

  @Test
  void whatCannotBeAskedIsTakenForRead() {
    FaultyKernel faulty = new FaultyKernel(Kernel.system());
    faulty.on(SystemCall.EPOLL_CREATE).fail(Errno.EMFILE);
    assertThat(StandardOutput.isUnread(faulty, 1)).isFalse();
  }
}
