package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What fails while it begins, and leaves no descriptor. */
final class FailedBeginningTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final CountingKernel calls = new CountingKernel(Kernel.system());
  private final FaultyKernel kernel = new FaultyKernel(calls);

  /** As the JVM does when the system has no thread left. */
  private static final class NoThread extends Thread {
    NoThread(Runnable body) {
      super(body);
    }

    @Override
    public void start() {
      throw new OutOfMemoryError("of threads");
    }
  }

  private long left() {
    return calls.count(SystemCall.SOCKET)
        + calls.count(SystemCall.EPOLL_CREATE)
        + calls.count(SystemCall.EVENTFD)
        - calls.count(SystemCall.CLOSE);
  }

  @Test
  void aLoopWhoseThreadDoesNotStart() {
    assertThatThrownBy(
            () -> EventLoop.builder().kernel(kernel).threadFactory(NoThread::new).start())
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(calls.count(SystemCall.EPOLL_CREATE)).isEqualTo(1);
    assertThat(left()).isZero();
  }

  @Test
  void aGroupOfWhichTheSecondThreadDoesNotStart() {
    AtomicInteger made = new AtomicInteger();
    ThreadFactory factory =
        body -> made.incrementAndGet() == 2 ? new NoThread(body) : new Thread(body);
    assertThatThrownBy(() ->
            EventLoopGroup.builder()
                .loops(3)
                .threadFactory(factory)
                .eachLoop(loop -> loop.kernel(kernel))
                .start())
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(calls.count(SystemCall.EPOLL_CREATE)).isEqualTo(2);
    assertThat(left()).isZero();
  }

  @Test
  void aListenerThatCannotBeRegistered() throws IOException {
    try (EventLoop loop = EventLoop.builder().kernel(kernel).start()) {
      long before = left();
      kernel.on(SystemCall.EPOLL_CTL).fail(Errno.ENOSPC);
      assertThatThrownBy(() -> loop.listen(ANY)).hasMessageContaining("ENOSPC");
      assertThat(calls.count(SystemCall.SOCKET)).isEqualTo(1);
      assertThat(left()).isEqualTo(before);
    }
  }

  @Test
  void aListenerOfAGroupThatCannotBeRegistered() throws IOException {
    try (EventLoopGroup group =
        EventLoopGroup.builder().loops(2).eachLoop(loop -> loop.kernel(kernel)).start()) {
      long before = left();
      FaultyKernel.Rule rule = kernel.on(SystemCall.EPOLL_CTL).fail(Errno.ENOSPC);
      assertThatThrownBy(() -> group.listen(ANY)).hasMessageContaining("ENOSPC");
      assertThat(left()).isEqualTo(before);
      kernel.clear();
      kernel.on(SystemCall.EPOLL_CTL).fromCall(2).fail(Errno.ENOSPC);
      assertThatThrownBy(() -> group.listenOnEach(ANY)).hasMessageContaining("ENOSPC");
      assertThat(calls.count(SystemCall.SOCKET)).isEqualTo(3);
      assertThat(left()).isEqualTo(before);
      assertThat(rule.applied()).isOne();
    }
  }
}
