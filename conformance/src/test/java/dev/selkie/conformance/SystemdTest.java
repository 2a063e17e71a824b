package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.Interest;
import dev.selkie.Source;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.AncillaryData;
import dev.selkie.net.InheritedSockets;
import dev.selkie.net.ServiceManager;
import dev.selkie.net.ServiceManager.Delivery;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.net.UdpSocket;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.net.UnixListener;
import dev.selkie.net.UnixStream;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a service tells its manager, and what it gets from it. */
@Contract
final class SystemdTest {
  private final Configuration configuration;
  private final Kernel kernel;
  private final String self;
  private SocketFolder folder;
  private UnixDatagramSocket manager;
  private AncillaryData data;

  SystemdTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
    this.self = Integer.toString(kernel.processes().self());
  }

  @BeforeEach
  void open() throws IOException {
    folder = new SocketFolder(configuration);
    data = new AncillaryData();
  }

  private ServiceManager managed() throws IOException {
    manager = UnixDatagramSocket.bind(kernel, folder.address("notify"));
    return ServiceManager.of(kernel, Map.of("NOTIFY_SOCKET", folder.path("notify")));
  }

  @AfterEach
  void close() throws IOException {
    data.close();
    if (manager != null) {
      manager.close();
    }
    folder.close();
  }

  private String told() throws IOException {
    Ready.await(configuration, manager, Interest.READABLE);
    ByteBuffer target = ByteBuffer.allocate(1000);
    int n = manager.receive(target, data);
    return new String(target.array(), 0, n, StandardCharsets.UTF_8);
  }

  @Test
  void theManagerIsTold() throws IOException {
    try (ServiceManager service = managed()) {
      assertThat(service.isPresent()).isTrue();
      assertThat(service.ready()).isEqualTo(Delivery.SENT);
      assertThat(told()).isEqualTo("READY=1");
      service.status("serving 3 clients, größer");
      assertThat(told()).isEqualTo("STATUS=serving 3 clients, größer");
      long before = kernel.clock().nanoTime() / 1000;
      service.reloading();
      String[] lines = told().split("\n", -1);
      assertThat(lines[0]).isEqualTo("RELOADING=1");
      assertThat(Long.parseLong(lines[1].substring("MONOTONIC_USEC=".length())))
          .isBetween(before, kernel.clock().nanoTime() / 1000);
      service.watchdog();
      assertThat(told()).isEqualTo("WATCHDOG=1");
      service.extendTimeout(Duration.ofSeconds(5));
      assertThat(told()).isEqualTo("EXTEND_TIMEOUT_USEC=5000000");
      service.mainPid(42);
      assertThat(told()).isEqualTo("MAINPID=42");
      service.stopping();
      assertThat(told()).isEqualTo("STOPPING=1");
      assertThatThrownBy(() -> service.status("two\nlines"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void descriptorsAreStoredByName() throws IOException {
    try (ServiceManager service = managed();
        PipePair pipe = PipePair.open(kernel)) {
      service.store("state", pipe.reader(), pipe.writer());
      assertThat(told()).isEqualTo("FDSTORE=1\nFDNAME=state");
      assertThat(data.descriptorCount()).isEqualTo(2);
      service.removeStored("state");
      assertThat(told()).isEqualTo("FDSTOREREMOVE=1\nFDNAME=state");
      assertThatThrownBy(() -> service.store("a:b", pipe.reader()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no colon");
      assertThatThrownBy(() -> service.store("a")).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aFullManagerIsSaid() throws IOException {
    try (ServiceManager service = managed()) {
      int sent = 0;
      while (service.watchdog() == Delivery.SENT) {
        sent++;
      }
      assertThat(sent).isPositive();
      assertThat(service.ready()).isEqualTo(Delivery.NOT_READY);
      for (int i = 0; i < sent; i++) {
        told();
      }
      Ready.await(configuration, service.socket().orElseThrow(), Interest.WRITABLE);
      assertThat(service.ready()).isEqualTo(Delivery.SENT);
    }
  }

  @Test
  void withoutAManagerNobodyIsTold() throws IOException {
    try (ServiceManager none = ServiceManager.of(kernel, Map.of())) {
      assertThat(none.isPresent()).isFalse();
      assertThat(none.ready()).isEqualTo(Delivery.ABSENT);
      assertThat(none.watchdogInterval()).isEmpty();
      assertThat(none).hasToString("no service manager");
    }
    assertThatThrownBy(() -> ServiceManager.of(kernel, Map.of("NOTIFY_SOCKET", "relative")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NOTIFY_SOCKET=relative");
    assertThatThrownBy(
            () -> ServiceManager.of(kernel, Map.of("NOTIFY_SOCKET", folder.path("none"))))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("ENOENT");
    if (kernel.facilities().contains(Facility.ABSTRACT_NAMES)) {
      manager = UnixDatagramSocket.bind(kernel, UnixAddress.abstractName("manager-" + self));
      try (ServiceManager service =
          ServiceManager.of(kernel, Map.of("NOTIFY_SOCKET", "@manager-" + self))) {
        service.ready();
        assertThat(told()).isEqualTo("READY=1");
      }
    }
  }

  @Test
  void theWatchdogIsForOneProcess() throws IOException {
    Map<String, String> own = Map.of("WATCHDOG_USEC", "2500000", "WATCHDOG_PID", self);
    try (ServiceManager service = ServiceManager.of(kernel, own)) {
      assertThat(service.watchdogInterval()).contains(Duration.ofMillis(2500));
    }
    Map<String, String> other = Map.of("WATCHDOG_USEC", "2500000", "WATCHDOG_PID", "1");
    try (ServiceManager service = ServiceManager.of(kernel, other)) {
      assertThat(service.watchdogInterval()).isEmpty();
    }
    assertThatThrownBy(() -> ServiceManager.of(kernel, Map.of("WATCHDOG_USEC", "soon")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("WATCHDOG_USEC=soon");
  }

  private Map<String, String> environment(int count, String names) {
    return Map.of(
        "LISTEN_PID", self, "LISTEN_FDS", Integer.toString(count), "LISTEN_FDNAMES", names);
  }

  @Test
  void whatIsInheritedIsOfItsOwnType() throws Exception {
    assumeFalse(
        configuration.isMachine(), "the numbers from 3 on are the JVM's own; see the next case");
    TcpListener.bind(kernel, TcpPair.loopback()).detach();
    UdpSocket.bind(kernel, TcpPair.loopback()).detach();
    UnixListener.bind(kernel, folder.address("a")).detach();
    UnixDatagramSocket.bind(kernel, folder.address("b")).detach();
    UnixStream.Pair pair = UnixStream.pair(kernel);
    pair.one().detach();
    pair.other().detach();
    PipePair pipe = PipePair.open(kernel);
    pipe.reader().detach();
    pipe.writer().detach();
    int null0 = kernel.files().open("/dev/null", 0, 0);
    assertThat(null0).isEqualTo(11);
    try (InheritedSockets sockets =
        InheritedSockets.take(kernel, environment(9, "a:b:c:d:e:f:g:h:i"))) {
      assertThat(sockets.left())
          .extracting(each -> (Object) each.source().getClass())
          .containsExactly(
              TcpListener.class,
              UdpSocket.class,
              UnixListener.class,
              UnixDatagramSocket.class,
              UnixStream.class,
              UnixStream.class,
              PipeReader.class,
              PipeWriter.class,
              RawSource.class);
      assertThatThrownBy(() -> sockets.take("a", UdpSocket.class))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a is no UdpSocket");
      try (UnixListener listener = sockets.take("c", UnixListener.class);
          UnixStream client = UnixStream.connect(kernel, folder.address("a"));
          UnixStream server = listener.accept()) {
        assertThat(client.write(ByteBuffer.allocate(1))).isEqualTo(1);
        assertThat(server).isNotNull();
      }
      assertThat(sockets.takeFirst(TcpStream.class)).isNull();
      assertThat(sockets.left()).hasSize(8);
      assertThatThrownBy(() -> InheritedSockets.take(kernel, environment(1, "a")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("have been taken");
    }
  }

  /** What the next case runs: prints what it has inherited. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws IOException {
      try (InheritedSockets sockets = InheritedSockets.take()) {
        for (InheritedSockets.Inherited each : sockets.left()) {
          Source source = each.source();
          System.out.println(each.name() + " " + source.getClass().getSimpleName());
        }
        TcpStream stream = sockets.takeFirst(TcpStream.class);
        stream.write(ByteBuffer.wrap(new byte[] {'x'}));
        stream.close();
      }
    }
  }

  @Test
  void aChildInheritsThem() throws Exception {
    assumeTrue(configuration.isMachine(), "a simulated host has no children");
    assumeTrue(java.nio.file.Files.isExecutable(Path.of("/bin/bash")), "bash alone opens sockets");
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      int port = listener.localAddress().getPort();
      String script =
          "exec 3<>/dev/tcp/127.0.0.1/%1$d 4<>/dev/udp/127.0.0.1/%1$d 5</dev/null; ".formatted(port)
              + "LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=web:log:rest exec \"$@\"";
      String printed =
          ChildJvm.run("exec /bin/bash -c '" + script + "' bash \"$@\"", List.of(), Child.class);
      assertThat(printed.lines())
          .containsExactly("web TcpStream", "log UdpSocket", "rest RawSource");
      try (TcpStream accepted = listener.accept()) {
        assertThat(accepted.read(ByteBuffer.allocate(2))).isEqualTo(1);
      }
    }
  }

  @Test
  void malformedEnvironmentsAreRefusedByName() throws IOException {
    try (InheritedSockets none = InheritedSockets.take(kernel, Map.of())) {
      assertThat(none.isEmpty()).isTrue();
    }
    Map<String, String> other = Map.of("LISTEN_PID", "1", "LISTEN_FDS", "1");
    assertThat(InheritedSockets.take(kernel, other).left()).isEmpty();
    assertThatThrownBy(() -> InheritedSockets.take(kernel, environment(1, "a:b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 names for 1");
    Map<String, String> many = Map.of("LISTEN_PID", self, "LISTEN_FDS", "many");
    assertThatThrownBy(() -> InheritedSockets.take(kernel, many))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("LISTEN_FDS=many");
    if (!configuration.isMachine()) {
      assertThatThrownBy(() -> InheritedSockets.take(kernel, environment(1, "a")))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("LISTEN_FDS")
          .extracting(e -> ((SystemCallException) e).errno())
          .isEqualTo(Errno.EBADF);
    }
  }
}
