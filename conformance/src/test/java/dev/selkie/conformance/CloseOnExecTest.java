package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.net.UdpSocket;
import dev.selkie.net.UnixStream;
import dev.selkie.source.FileChangeSource;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.PipePair;
import dev.selkie.source.ProcessWatch;
import dev.selkie.source.PseudoTerminal;
import dev.selkie.source.SignalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No child inherits a descriptor of the library's. The flag itself is looked at: the children that
 * a JVM starts close all descriptors but three by themselves, and would show nothing.
 */
@ExtendWith(DescriptorLeaks.class)
final class CloseOnExecTest {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fdinfo");
  private static final int CLOSE_ON_EXEC = 02000000;

  static List<Configuration> machines() {
    return Configurations.all().stream().filter(Configuration::isMachine).toList();
  }

  @ParameterizedTest
  @MethodSource("machines")
  void everyDescriptorIsCloseOnExec(Configuration configuration) throws IOException {
    assumeTrue(Files.isDirectory(DESCRIPTORS), "no " + DESCRIPTORS + ": the flags are not to see");
    Map<String, String> before = DescriptorLeaks.open();
    Kernel kernel = configuration.kernel();
    try (EventQueue<String> queue = configuration.queue(kernel);
        TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream client = TcpStream.connect(kernel, listener.localAddress());
        PipePair _ = PipePair.open(kernel);
        PseudoTerminal _ = PseudoTerminal.open(kernel);
        UnixStream.Pair _ = UnixStream.pair(kernel);
        UdpSocket _ = UdpSocket.bind(kernel, TcpPair.loopback());
        IntervalTimer _ = IntervalTimer.after(kernel, Duration.ofHours(1));
        SignalSource _ = SignalSource.of(kernel, "URG");
        FileChangeSource _ = FileChangeSource.open(kernel);
        ProcessWatch _ = ProcessWatch.open(kernel, ProcessHandle.current().pid());
        RawPair _ = RawPair.open(kernel)) {
      queue.register(listener, Interest.READABLE, "listener");
      assertThat(queue.await(Ready.DEADLINE).isEmpty()).isFalse();
      int copy = SystemCalls.check("dup", kernel.files().duplicate(client.descriptor().number()));
      try (TcpStream server = listener.accept()) {
        assertThat(server).isNotNull();
        Map<String, String> made = DescriptorLeaks.open();
        made.entrySet().removeAll(before.entrySet());
        assertThat(kinds(made))
            .containsEntry("socket", 9L)
            .containsEntry("pipe", 2L)
            .containsEntry("/dev/ptmx", 1L)
            .containsEntry("/dev/pts", 1L)
            // A timer, an eventfd for signals, inotify, a pidfd; and the queue's.
            .containsEntry("anon_inode", configuration.has(Ability.EXPORT) ? 6L : 5L);
        for (Map.Entry<String, String> one : made.entrySet()) {
          assertThat(flags(one.getKey()) & CLOSE_ON_EXEC).as("%s", one).isNotZero();
        }
      } finally {
        kernel.files().close(copy);
      }
    }
  }

  private static Map<String, Long> kinds(Map<String, String> descriptors) {
    return descriptors.values().stream()
        .collect(
            Collectors.groupingBy(
                target -> target.replaceFirst("(:|/[0-9]+$).*", ""), Collectors.counting()));
  }

  private static int flags(String number) throws IOException {
    for (String line : Files.readAllLines(DESCRIPTORS.resolve(number))) {
      if (line.startsWith("flags:")) {
        return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
      }
    }
    throw new AssertionError("no flags of fd " + number);
  }
}
