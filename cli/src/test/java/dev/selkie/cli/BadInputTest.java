package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.cli.console.FailureReport;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BadInputTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          demo --requests 10000000    | --requests 10000000 is out of range: give one from 1 to 100000
          demo --requests 0           | --requests 0 is out of range: give one from 1 to 100000
          demo --requests -3          | --requests -3 is out of range: give one from 1 to 100000
          demo --requests many        | --requests 'many' is no whole number: give one from 1 to 100000
          demo --requests 1.5         | --requests '1.5' is no whole number: give one from 1 to 100000
          demo --requests=            | --requests '' is no whole number: give one from 1 to 100000
          demo --requests 99999999999999999999 | is out of range: give one from 1 to 100000
          demo --delay -1             | give one from 0 to 17280000 for 5 requests
          demo --delay soon           | give one from 0 to 17280000 for 5 requests
          demo --delay 86400000       | give one from 0 to 17280000 for 5 requests (a delay is at most a day)
          demo --style actors         | --style 'actors' is not known: give one of queue, callbacks, futures, tasks, fibers
          serve echo --style QUEUE    | --style 'QUEUE' is not known: give one of queue, callbacks, futures, tasks, fibers
          serve delay --style         | --style needs a value (STYLE); see selkie serve delay --help
          demo --loops 2              | --loops 2 needs event loops, and --style queue is one thread with one queue: give --style callbacks
          demo --style fibers --loops 0 | --loops 0 is out of range: give one from 1 to 256
          serve echo --style fibers --loops 257 | --loops 257 is out of range: give one from 1 to 256
          serve delay --style futures --loops two | --loops 'two' is no whole number: give one from 1 to 256
          demo --port 0               | --port 0 is out of range: give one from 1 to 65535
          demo --port 4294967376      | --port 4294967376 is out of range: give one from 1 to 65535
          demo --port http            | --port 'http' is no whole number: give one from 1 to 65535
          demo --host 127.0.0.1       | --host needs --port
          serve delay --port 65536    | --port 65536 is out of range: give one from 0 to 65535
          serve delay --port -1       | --port -1 is out of range: give one from 0 to 65535
          serve echo --port x         | --port 'x' is no whole number: give one from 0 to 65535
          demo five                   | 'five' is not expected: selkie demo takes options only; see selkie demo --help
          demo --frobnicate           | --frobnicate is no option of selkie demo; see selkie demo --help
          demo --frobnicate --x y     | --frobnicate is no option of selkie demo; see selkie demo --help
          demo --request 3            | --request is no option of selkie demo: perhaps --requests; see selkie demo --help
          demo -x                     | -x is no option of selkie demo; see selkie demo --help
          demo --requests             | --requests needs a value (N); see selkie demo --help
          demo --port --              | --port needs a value (PORT); see selkie demo --help
          demo --host a --host b      | --host is given more than once: give it once; see selkie demo --help
          doctor --json=1             | --json takes no value; see selkie doctor --help
          frobnicate                  | 'frobnicate' is no command: give demo, serve, watch, doctor, top or dump; see selkie --help
          @frobnicate                 | '@frobnicate' is no command: give demo, serve, watch, doctor, top or dump; see selkie --help
          --frobnicate demo           | --frobnicate is no option of selkie; see selkie --help
          serve                       | a command is missing: give delay or echo; see selkie serve --help
          serve http                  | 'http' is no command: give delay or echo; see selkie serve --help
          help frobnicate             | 'frobnicate' is no command: give demo, serve, watch, doctor, top or dump; see selkie --help
          help serve http             | 'http' is no command: give delay or echo; see selkie serve --help
          help demo five              | 'five' is not expected: selkie demo takes options only; see selkie demo --help
          serve echo echo             | 'echo' is not expected: selkie serve echo takes options only; see selkie serve echo --help
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
    Captured run = Captured.run();
    assertThat(run.err())
        .containsExactly(
            "selkie: a command is missing: give demo, serve, watch, doctor, top or dump; see selkie"
                + " --help");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void argumentsAreShownWithoutTheirControlCharacters() {
    assertThat(Captured.run("demo", "a\nb\u001b").err())
        .containsExactly(
            "selkie: 'a\\u000ab\\u001b' is not expected: selkie demo takes options only;"
                + " see selkie demo --help");
  }

  @ParameterizedTest
  @ValueSource(strings = {"teletype", "", "EPOLL", "epoll "})
  void unknownBackendIsTheUsersErrorAndNamesTheProperty(String name) {
    String advice = "; correct -Ddev.selkie.backend, or leave it out";
    System.setProperty("dev.selkie.backend", name);
    try {
      for (String command : new String[] {"demo", "serve echo", "serve delay"}) {
        Captured run = Captured.run(command.split(" ", -1));
        assertFails(run, name);
        assertThat(run.err().getFirst()).contains("epoll").endsWith(advice);
      }
      assertThat(Captured.run("doctor").out())
          .anyMatch(line -> line.matches("missing +backend .*epoll.*") && line.endsWith(advice));
    } finally {
      System.clearProperty("dev.selkie.backend");
    }
  }

  @Test
  void backendThatTheKernelLacksIsNoMatterOfThePort() {
    Kernel lacking = failing(SystemCall.EPOLL_CREATE, Errno.ENOSYS);
    for (String command : new String[] {"demo", "serve echo"}) {
      Captured run = Kernel.where(lacking).call(() -> Captured.run(command.split(" ", -1)));
      assertFails(run, "no queue can be opened (epoll_create");
      assertThat(run.err().getFirst()).endsWith("; selkie doctor says what this machine has");
    }
    System.setProperty("dev.selkie.backend", "epoll");
    try {
      assertThat(Kernel.where(lacking).call(() -> Captured.run("demo")).err().getFirst())
          .startsWith("selkie: no queue can be opened (epoll_create")
          .endsWith("; correct -Ddev.selkie.backend, or leave it out");
      assertThat(Kernel.where(lacking).call(() -> Captured.run("doctor")).out())
          .anyMatch(line ->
              line.startsWith("missing  backend ")
                  && line.endsWith("; correct -Ddev.selkie.backend, or leave it out"));
    } finally {
      System.clearProperty("dev.selkie.backend");
    }
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
    assertThat(run.err().getFirst())
        .contains("ulimit -n 10064", "ask for at most 480 requests")
        .contains("the hard limit is 1024 too");
    assertThat(run.out()).isEmpty();
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

  @Test
  void helpIsACommandToo() {
    assertThat(Captured.run("help")).isEqualTo(Captured.run("--help"));
    assertThat(Captured.run("help", "demo")).isEqualTo(Captured.run("demo", "--help"));
    assertThat(Captured.run("help", "serve", "echo"))
        .isEqualTo(Captured.run("serve", "echo", "--help"));
  }

  @Test
  void helpSaysHowTheJvmGetsAProperty() {
    assertThat(Captured.run("--help").out())
        .contains("  SELKIE_JAVA_OPTS=-Ddev.selkie.backend=poll ./selkie demo");
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
