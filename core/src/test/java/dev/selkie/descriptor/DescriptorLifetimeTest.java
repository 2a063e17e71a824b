package dev.selkie.descriptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.descriptor.DescriptorLifetime.Kind;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class DescriptorLifetimeTest {
  private final List<String> log = new ArrayList<>();
  private final AtomicInteger closes = new AtomicInteger();
  private final Kernel kernel =
      new Kernel() {
        @Override
        public Files files() {
          return new Files() {
            @Override
            public int close(int descriptor) {
              closes.incrementAndGet();
              log.add("close " + descriptor);
              return 0;
            }
          };
        }
      };
  private final DescriptorLifetime lifetime =
      DescriptorLifetime.ofFile(kernel, 7, "Test", Ownership.OWNED);

  private final class Logging extends DescriptorLifetime.Registrar {
    @Override
    public void descriptorClosing(DescriptorLifetime descriptor, boolean delete) {
      log.add("closing " + delete);
    }

    @Override
    public void descriptorReplaced(DescriptorLifetime descriptor) {
      log.add("replaced");
    }
  }

  @Test
  void itClosesOnce() {
    assertThat(lifetime.isOpen()).isTrue();
    assertThat(lifetime.close()).isTrue();
    assertThat(lifetime.close()).isFalse();
    assertThat(lifetime.isOpen()).isFalse();
    assertThat(log).containsExactly("close 7");
  }

  @Test
  void theCloseWaitsForTheLastUse() throws Exception {
    assertThat(lifetime.acquire()).isTrue();
    lifetime.acquireOrThrow();
    lifetime.close();
    assertThat(lifetime.acquire()).isFalse();
    assertThatThrownBy(lifetime::acquireOrThrow).isInstanceOf(ClosedChannelException.class);
    lifetime.release();
    assertThat(log).isEmpty();
    lifetime.release();
    assertThat(log).containsExactly("close 7");
  }

  @Test
  void registrarsAreToldBeforeTheClose() {
    Logging one = new Logging();
    Logging other = new Logging();
    Logging withdrawn = new Logging();
    assertThat(lifetime.attach(one)).isTrue();
    assertThat(lifetime.attach(withdrawn)).isTrue();
    assertThat(lifetime.attach(other)).isTrue();
    lifetime.detach(withdrawn);
    lifetime.replaced();
    lifetime.close();
    assertThat(log)
        .containsExactly("replaced", "replaced", "closing false", "closing false", "close 7");
    assertThat(lifetime.attach(one)).isFalse();
  }

  @Test
  void whatIsSharedOrBorrowedMustBeDeleted() {
    lifetime.attach(new Logging());
    lifetime.share();
    lifetime.close();
    assertThat(log).containsExactly("closing true", "close 7");
    log.clear();
    DescriptorLifetime borrowed =
        DescriptorLifetime.of(kernel, 8, "Test", Kind.STREAM_SOCKET, Ownership.BORROWED);
    borrowed.attach(new Logging());
    borrowed.close();
    assertThat(log).containsExactly("closing true");
  }

  @Test
  void detachedIsNotClosed() throws Exception {
    lifetime.attach(new Logging());
    assertThat(lifetime.detach()).isEqualTo(7);
    assertThat(log).containsExactly("closing true");
    assertThat(lifetime.close()).isFalse();
    assertThatThrownBy(lifetime::detach).isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void ofCloseAndDetachAtOnceOneWins() throws Exception {
    for (int round = 0; round < 2_000; round++) {
      closes.set(0);
      DescriptorLifetime raced = DescriptorLifetime.ofFile(kernel, 9, "Test", Ownership.OWNED);
      AtomicInteger detached = new AtomicInteger();
      CyclicBarrier start = new CyclicBarrier(2);
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  start.await();
                  raced.detach();
                  detached.incrementAndGet();
                } catch (ClosedChannelException e) {
                  // the close was first
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      start.await();
      raced.close();
      other.join();
      assertThat(closes.get() + detached.get()).isOne();
    }
  }
}
