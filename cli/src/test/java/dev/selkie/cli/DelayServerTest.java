package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.cli.program.Service;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass(name = "{1}, {0}")
@MethodSource("dev.selkie.cli.Styles#onEachQueue")
final class DelayServerTest {
  private final Queues queues;
  private final Style style;
  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
  private final List<String> warnings = new ArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Service server;
  private ServerCounts counts;

  DelayServerTest(Queues queues, Style style) {
    this.queues = queues;
    this.style = style;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private void start(Kernel kernel, boolean append) throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    counts = new ServerCounts(new CountedKernel(kernel));
    DelayProtocol protocol = new DelayProtocol(counts, append, log::add);
    server = style.delay(counts, any, 1, warnings::add, protocol);
    open.add(ServerThread.start(server));
  }

  private void start() throws IOException {
    start(queues.kernel(), false);
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
    socket.setSoTimeout(10_000);
    open.add(socket);
    return socket;
  }

  private Socket send(String text) throws IOException {
    Socket socket = connect();
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  private Socket ask(String path) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\nHost: here\r\n\r\n");
  }

  private static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String body(String answer) {
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }

  @Test
  void answersWithTheDecodedMessageAfterTheDelay() throws Exception {
    start();
    long began = System.nanoTime();

    String answer = answer(ask("/80/hello%20w%C3%B6rld+1"));

    assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(80_000_000);
    assertThat(answer)
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("Content-Type: text/plain; charset=utf-8\r\n", "Connection: close\r\n");
    assertThat(body(answer)).isEqualTo("hello w\u00f6rld+1");
  }

  @Test
  void logsEachRequestAtOnceWithItsNumber() throws Exception {
    start();
    ask("/60000/first");
    assertThat(log.poll(10, TimeUnit.SECONDS)).isEqualTo("#1 - 60000ms: first");
    ask("/60000/second%1b%5B2J");
    assertThat(log.poll(10, TimeUnit.SECONDS)).isEqualTo("#2 - 60000ms: second\\u001b[2J");
  }

  @Test
  void anyNumberWaitAtOnceAndTheShorterComesFirst() throws Exception {
    start();
    Socket slow = ask("/60000/slow");
    List<Socket> quick = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      quick.add(ask("/50/" + i));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(body(answer(quick.get(i)))).isEqualTo("" + i);
    }
    assertThat(slow.getInputStream().available()).isZero();
  }

  @Test
  void otherPathsAndNonNumbersAreNotFound() throws Exception {
    start();
    for (String path : List.of("/", "/x/y", "/1", "/1/", "/1/a/b", "/-1/a", "/99999999/a")) {
      assertThat(answer(ask(path))).as(path).startsWith("HTTP/1.1 404 Not Found\r\n");
    }
    assertThat(log).isEmpty();
  }

  @Test
  void malformedAndOversizedRequestsAreBadRequests() throws Exception {
    start();
    for (String text :
        List.of(
            "nonsense\r\n\r\n",
            "GET /1/%zz HTTP/1.1\r\n\r\n",
            "GET /1/" + "a".repeat(5000) + " HTTP/1.1\r\n\r\n",
            "GET /1/a HTTP/1.1\r\nX: " + "a".repeat(20_000) + "\r\n\r\n")) {
      assertThat(answer(send(text))).as(text).startsWith("HTTP/1.1 400 Bad Request\r\n");
    }
  }

  @Test
  void otherMethodsAreNotAllowed() throws Exception {
    start();
    assertThat(answer(send("POST /1/a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")))
        .startsWith("HTTP/1.1 405 ")
        .contains("Allow: GET\r\n");
  }

  @Test
  void appendsOnDemandMoreThanASocketTakesAtOnce() throws Exception {
    start(queues.kernel(), true);
    String body = body(answer(ask("/1/hello")));
    assertThat(body).startsWith("hello.").hasSize("hello".length() + 100_000);
  }

  @Test
  void requestMayComeByteByByte() throws Exception {
    start();
    Socket socket = connect();
    socket.setTcpNoDelay(true);
    for (byte b : "GET /1/slowly HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)) {
      socket.getOutputStream().write(b);
    }
    assertThat(body(answer(socket))).isEqualTo("slowly");
  }

  @Test
  void pipelinedRequestIsDiscardedAndTheFirstAnswerArrives() throws Exception {
    start();
    String request = "GET /20/one HTTP/1.1\r\n\r\n";
    assertThat(body(answer(send(request + request.repeat(3000))))).isEqualTo("one");
    assertThat(log).hasSize(1);
  }

  @Test
  void halfClosedClientStillGetsItsAnswer() throws Exception {
    start();
    Socket socket = ask("/30/half");
    socket.shutdownOutput();
    assertThat(body(answer(socket))).isEqualTo("half");
  }

  @Test
  void clientsThatVanishWhileTheyWaitAreForgotten() throws Exception {
    start();
    for (int i = 0; i < 20; i++) {
      Socket socket = ask("/60000/gone");
      assertThat(log.poll(10, TimeUnit.SECONDS)).isNotNull();
      socket.setSoLinger(true, 0); // a reset
      socket.close();
    }
    Socket last = ask("/1/last");
    assertThat(body(answer(last))).isEqualTo("last");
    last.close();
    stop();
    assertThat(counts.vanished.sum()).isEqualTo(20);
    assertThat(counts.requests.sum()).isEqualTo(21);
  }

  @Test
  void whatComesWhileAClientWaitsDoesNotKeepTheServerBusy() throws Exception {
    start();
    Socket socket = ask("/200/quiet");
    assertThat(log.poll(10, TimeUnit.SECONDS)).isNotNull();
    socket.getOutputStream().write(new byte[1000]);
    socket.sendUrgentData(1);
    socket.shutdownOutput();
    assertThat(body(answer(socket))).isEqualTo("quiet");
    socket.close();
    stop();
    assertThat(counts.kernel.waits()).isLessThan(20);
  }

  @Test
  void acceptingPausesWithoutSpinningWhileDescriptorsAreShort() throws Exception {
    AtomicInteger accepts = new AtomicInteger();
    start(
        new ForwardingKernel(queues.kernel()) {
          @Override
          protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
            return call == SystemCall.ACCEPT && accepts.incrementAndGet() == 1
                ? -Errno.EMFILE.number()
                : super.call(call, descriptor, length, invocation);
          }
        },
        false);
    assertThat(body(answer(ask("/1/patient")))).isEqualTo("patient");
    assertThat(accepts.get()).isLessThan(20);
    stop();
    assertThat(counts.kernel.waits()).isLessThan(40);
    assertThat(counts.pauses.sum()).isEqualTo(1);
    assertThat(warnings).singleElement().asString().contains("descriptors", "ulimit -n");
  }

  @Test
  void summaryCountsEverything() throws Exception {
    start();
    answer(ask("/1/a"));
    stop();
    assertThat(counts.summary(true, 0))
        .startsWith("1 connection, 1 request, 33 bytes in, ")
        .contains(" bytes out, ", " wait", " event");
  }

  /** Ends the server's thread, after which its counts may be read. */
  private void stop() throws Exception {
    open.removeFirst().close();
  }
}
