package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BadInputTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          demo --requests 10000000          | give 1 to 100000
          demo --requests 0                 | give 1 to 100000
          demo --requests -3                | give 1 to 100000
          demo --requests many              | is no whole number
          demo --requests 99999999999999999999 | is no whole number of this range
          demo --delay -1                   | give 0 to
          demo --delay 86400000             | give 0 to 17280000 for 5 requests
          demo --port 0                     | give one from 1 to 65535
          demo --port 4294967376            | give one from 1 to 65535
          demo --host 127.0.0.1             | --host needs --port
          demo five                         | see selkie demo --help
          demo --frobnicate                 | see selkie demo --help
          frobnicate                        | see selkie --help
          serve                             | see selkie serve --help
          serve delay --port 65536          | give one from 0 to 65535
          serve delay --port -1             | give one from 0 to 65535
          """)
  void wrongUseIsOneLineAndStatus2(String args, String part) {
    Captured run = Captured.run(args.split(" ", -1));
    assertThat(run.err()).singleElement().asString().startsWith("selkie: ").contains(part);
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          demo --host no.such.host.invalid --port 80   | unknown host 'no.such.host.invalid'
          serve echo --bind no.such.host.invalid       | unknown host 'no.such.host.invalid'
          serve delay --bind 203.0.113.1               | 203.0.113.1 is no address of this machine
          """)
  void wrongPlaceIsOneLineAndStatus1(String args, String part) {
    assertFails(Captured.run(args.split(" ", -1)), part);
  }

  @Test
  void noCommandIsWrongUse() {
    assertThat(Captured.run().status()).isEqualTo(2);
  }

  @Test
  void refusedConnectionNamesThePlace() throws IOException {
    int port;
    try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = unused.getLocalPort();
    }
    assertFails(
        Captured.run("demo", "--port", "" + port),
        "nothing listens at 127.0.0.1:" + port + " (connection refused)");
  }

  @Test
  void portInUseNamesThePort() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertFails(
          Captured.run("serve", "delay", "--port", "" + port), "port " + port + " is in use");
    }
  }

  @Test
  void missingPermissionNamesTheWayOut() {
    assertFails(
        Kernel.where(failing(SystemCall.BIND, Errno.EACCES))
            .call(() -> Captured.run("serve", "delay", "--port", "80")),
        "no permission to listen on port 80: ports below 1024 need root");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ETIMEDOUT     | does not answer (timed out)
          ENETUNREACH   | no way to 127.0.0.1:9
          EMFILE        | no descriptor left
          EADDRNOTAVAIL | no local port left
          """)
  void connectErrorsAreExplained(Errno errno, String part) {
    assertFails(
        Kernel.where(failing(SystemCall.CONNECT, errno))
            .call(() -> Captured.run("demo", "--port", "9")),
        part);
  }

  @Test
  void lowDescriptorLimitIsToldBeforeAnythingIsOpened() {
    Kernel low =
        new ForwardingKernel(Kernel.system()) {
          @Override
          protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
            return call == SystemCall.GETRLIMIT
                ? 1024
                : super.call(call, descriptor, length, invocation);
          }
        };
    Captured run = Kernel.where(low).call(() -> Captured.run("demo", "--requests", "5000"));
    assertFails(run, "5000 requests need 10064 descriptors and the limit is 1024");
    assertThat(run.err().getFirst()).contains("ulimit -n 10064");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void closedOutputEndsWithoutAWord() {
    Output output =
        new Output(
            new PrintStream(
                new OutputStream() {
                  @Override
                  public void write(int b) throws IOException {
                    throw new IOException("Broken pipe");
                  }
                }),
            new PrintStream(OutputStream.nullOutputStream()),
            Terminal.NONE);
    assertThat(Main.execute(output, "demo", "--delay", "1")).isEqualTo(141);
  }

  @Test
  void unexpectedFailureTellsHowToSeeItsTrace() {
    Kernel broken =
        new ForwardingKernel(Kernel.system()) {
          @Override
          public Files files() {
            throw new IllegalArgumentException("odd\nvery odd");
          }
        };
    Captured run = Kernel.where(broken).call(() -> Captured.run("demo"));
    assertThat(run.err()).containsExactly("selkie: odd (--stacktrace shows where)");
    assertThat(run.status()).isEqualTo(1);
    Captured traced = Kernel.where(broken).call(() -> Captured.run("demo", "--stacktrace"));
    assertThat(traced.err()).anyMatch(line -> line.contains("at dev.selkie.cli"));
  }

  @Test
  void missingNativeAccessNamesTheFlag() {
    assertThat(FailureReport.line(new ExceptionInInitializerError(new IllegalCallerException("x"))))
        .isEqualTo(
            "native access is not allowed: start Java with --enable-native-access=dev.selkie");
  }

  @Test
  void systemWithoutWhatSelkieNeedsIsOneLine() {
    IllegalStateException unsupported = new IllegalStateException("this version runs on Linux");
    unsupported.setStackTrace(
        new StackTraceElement[] {
          new StackTraceElement("dev.selkie.kernel.ffm.NativeKernel", "open", null, -1)
        });
    assertThat(FailureReport.line(unsupported)).isEqualTo("this version runs on Linux");
    assertThat(FailureReport.line(new ExceptionInInitializerError(unsupported)))
        .isEqualTo("this version runs on Linux");
  }

  @Test
  void helpAndVersionGoToTheStandardOutput() {
    assertThat(Captured.run("--help").out()).anyMatch(line -> line.contains("selkie demo"));
    assertThat(Captured.run("demo", "--help").out()).anyMatch(line -> line.contains("--requests"));
    assertThat(Captured.run("--version").out().getFirst()).startsWith("selkie ");
    assertThat(Captured.run("--version").status()).isZero();
  }

  private static Kernel failing(SystemCall failing, Errno errno) {
    return new ForwardingKernel(Kernel.system()) {
      @Override
      protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
        return call == failing ? -errno.number() : super.call(call, descriptor, length, invocation);
      }
    };
  }

  private static void assertFails(Captured run, String part) {
    assertThat(run.err()).singleElement().asString().startsWith("selkie: ").contains(part);
    assertThat(run.status()).isEqualTo(1);
  }
}
