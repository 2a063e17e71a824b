package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What becomes of a JVM whose loop is closed while fibers wait in the JDK: a scheduler that refused
 * them would kill the JDK's own threads, on which every virtual thread depends.
 */
final class AfterlifeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void closingALoopWithFibersInTheJdkLeavesOtherVirtualThreadsWorking() throws Exception {
    Object monitor = new Object();
    CountDownLatch begun = new CountDownLatch(3);
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket _ = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
        Socket first = server.accept();
        Socket laterPeer = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
        Socket second = server.accept()) {
      EventLoop loop = EventLoop.builder().mountFibers(true).start();
      Fiber<Object> reading =
          loop.fiber(() -> {
            begun.countDown();
            try {
              return first.getInputStream().read();
            } catch (IOException e) {
              Thread.interrupted(); // by the close of the loop, which closes the socket
              return second.getInputStream().read();
            }
          });
      Fiber<Object> sleeping =
          loop.fiber(() -> {
            begun.countDown();
            long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            while (System.nanoTime() < end) {
              try {
                Thread.sleep(100);
              } catch (InterruptedException e) {
                // The close does not end it.
              }
            }
            return "slept";
          });
      Fiber<Object> contending;
      synchronized (monitor) {
        contending =
            loop.fiber(() -> {
              begun.countDown();
              synchronized (monitor) {
                return "entered";
              }
            });
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        while (contending.thread().getState() != Thread.State.BLOCKED) {
          Thread.onSpinWait();
        }
        loop.close();
      }
      assertThat(loop.isTerminated()).isTrue();
      laterPeer.getOutputStream().write(7); // it is the JDK that unparks the reader
      for (Fiber<Object> fiber : java.util.List.of(reading, sleeping, contending)) {
        assertThat(fiber.thread().join(PATIENCE)).as(fiber.toString()).isTrue();
      }
      assertThat(reading.resultNow()).isEqualTo(7);
      assertThat(sleeping.resultNow()).isEqualTo("slept");
      assertThat(contending.resultNow()).isEqualTo("entered");
    }
    otherVirtualThreadsReadSleepAndLock();
  }

  private static void otherVirtualThreadsReadSleepAndLock() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket peer = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      Thread reader = Thread.startVirtualThread(() -> readOne(accepted));
      Thread sleeper = Thread.startVirtualThread(() -> sleep(50));
      Object monitor = new Object();
      Thread locker;
      synchronized (monitor) {
        locker =
            Thread.startVirtualThread(() -> {
              synchronized (monitor) {
                Thread.onSpinWait();
              }
            });
        while (reader.getState() != Thread.State.WAITING
            || locker.getState() != Thread.State.BLOCKED) {
          Thread.onSpinWait();
        }
      }
      peer.getOutputStream().write(7);
      for (Thread thread : java.util.List.of(reader, sleeper, locker)) {
        assertThat(thread.join(PATIENCE)).as(thread.toString()).isTrue();
      }
    }
  }

  private static void readOne(Socket socket) {
    try {
      socket.getInputStream().read();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
