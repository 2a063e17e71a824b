package dev.selkie.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That the whole comparison runs; its figures are of no worth here. */
final class CompareTest {
  private static final Set<String> ALL = Set.of("c", "selkie", "nio");
  private static final Set<String> JAVA = Set.of("selkie", "nio");

  private static final Set<String> COUNTS =
      Set.of(
          "messages",
          "events",
          "wakes",
          "timers",
          "runnables",
          "fibers",
          "connections",
          "datagrams");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir private Path folder;

  @Test
  @Timeout(180)
  void eachPeerAnswersEveryMessage() throws Exception {
    boolean compiler = Launcher.onPath("cc").isPresent();
    Path file = folder.resolve("figures.json");
    String quick =
        "--quick --rounds 2 --round-millis 50 --warm-up-millis 50 --writes 2000 --only"
            + " echo,pipes,wake --connections 1,8 --pipes 10,150 --active 100 --peers c,selkie,nio"
            + " --json ";
    int status = run((quick + file).split(" "));
    assertThat(status).as(this::everything).isZero();
    JsonObject document = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    List<JsonElement> results = document.getAsJsonArray("results").asList();
    assertThat(results).hasSize(6);
    for (JsonElement result : results) {
      JsonObject object = result.getAsJsonObject();
      boolean echo = object.get("benchmark").getAsString().equals("echo");
      Set<String> expected = compiler ? ALL : echo ? Set.of() : JAVA;
      JsonObject peers = object.getAsJsonObject("peers");
      assertThat(peers.keySet()).as(this::everything).isEqualTo(expected);
      assertThat(object.getAsJsonObject("missing").size()).isEqualTo(3 - expected.size());
      peers.keySet().forEach(peer -> checkRounds(object, peers.getAsJsonObject(peer), 2));
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("### echo, 8 connections", "### pipes, 150 registered", "machine", "Netty");
  }

  @Test
  @Timeout(180)
  void eachPartOfALoopIsCompared() throws Exception {
    checkParts(
        8,
        2,
        "--timers 2000 --idle 200 --only timers,runnables,fibers,idle"
            + " --peers selkie,fibers,vthreads-bare,vthreads,generator,continuation");
  }

  @Test
  @Timeout(180)
  void tlsIsCompared() throws Exception {
    checkParts(3, 1, "--idle 10 --only tls --peers fibers,vthreads");
  }

  @Test
  @Timeout(180)
  void datagramsAreReceivedByEachPeer() throws Exception {
    checkParts(2, 1, "--only udp --peers c,selkie,fibers,nio");
  }

  @Test
  @Timeout(180)
  void messagesGoByUnixSockets() throws Exception {
    checkParts(1, 1, "--only unix --peers c,selkie,nio,nio-keys");
  }

  @Test
  @Timeout(180)
  void whatIsSeenIsCompared() throws Exception {
    checkParts(1, 2, "--connections 2 --only seen --peers callbacks,callbacks-recorded");
  }

  private void checkParts(int count, int rounds, String options) throws Exception {
    Path file = folder.resolve("figures.json");
    String quick = "--quick --round-millis 50 --warm-up-millis 50 --rounds " + rounds + " ";
    assertThat(run((quick + options + " --json " + file).split(" "))).as(this::everything).isZero();
    JsonObject document = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    List<JsonElement> results = document.getAsJsonArray("results").asList();
    assertThat(results).hasSize(count);
    for (JsonElement result : results) {
      JsonObject object = result.getAsJsonObject();
      JsonObject peers = object.getAsJsonObject("peers");
      assertThat(peers.size() + object.getAsJsonObject("missing").size()).isPositive();
      peers.keySet().forEach(peer -> checkRounds(object, peers.getAsJsonObject(peer), rounds));
    }
  }

  private static void checkRounds(JsonObject result, JsonObject peer, int expected) {
    List<JsonElement> rounds = peer.getAsJsonArray("rounds").asList();
    assertThat(rounds).hasSize(expected);
    String metric = result.get("metric").getAsString();
    for (JsonElement round : rounds) {
      double figure = round.getAsJsonObject().get(metric).getAsDouble();
      if (metric.startsWith("bytes")) {
        assertThat(figure).isFinite(); // a difference of heaps: with few connections, of any sign
      } else {
        assertThat(figure).isPositive();
      }
      assertThat(
              round.getAsJsonObject().keySet().stream()
                  .filter(COUNTS::contains)
                  .map(name -> round.getAsJsonObject().get(name).getAsDouble())
                  .collect(Collectors.toList()))
          .singleElement()
          .satisfies(count -> assertThat(count).isPositive());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          --rounds 0         | --rounds 0 is out of range: give one from 1 to 1000
          --rounds many      | --rounds 'many' is no whole number: give one from 1 to 1000
          --connections 1,x  | --connections 'x' is no whole number: give one from 1 to 100000
          --peers c,java     | --peers 'java' is not known: give some of c, libuv, selkie, callbacks, callbacks-recorded, callbacks-watched, callbacks-before, futures, tasks, fibers, fibers-jdk, nio, nio-keys, netty-epoll, netty-nio, netty-wheel, jdk, vthreads, vthreads-bare, generator, continuation
          --only disk        | --only 'disk' is not known: give some of echo, pipes, wake, timers, runnables, fibers, idle, tls, udp, unix, seen
          --only Echo        | --only 'Echo' is not known: give some of echo, pipes, wake, timers, runnables, fibers, idle, tls, udp, unix, seen
          --only             | --only needs a value (LIST); see selkie bench --help
          --frobnicate       | --frobnicate is no option of selkie bench; see selkie bench --help
          echo               | 'echo' is not expected: selkie bench takes options only; see selkie bench --help
          """)
  void wrongOptionsAreToldAsByTheOtherCommands(String args, String line) {
    assertThat(run(args.split(" ", -1))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8).lines()).containsExactly("selkie: " + line);
    assertThat(out.size()).isZero();
  }

  @Test
  void figuresThatCannotBeWrittenAreToldBeforeTheWork() {
    assertThat(run("--json", "/proc/none/figures.json", "--quick")).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .singleElement()
        .asString()
        .startsWith("selkie: cannot write the figures to /proc/none/figures.json (")
        .endsWith("): name another file with --json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--quick", "--help"})
  void fullDiskIsOneLineAndAStatus(String option) {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    assertThat(run(full, option)).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "selkie: cannot write to the standard output: No space left on device; check where it"
                + " goes, or send it elsewhere");
  }

  private int run(String... arguments) {
    return run(out, arguments);
  }

  private int run(OutputStream stream, String... arguments) {
    return Compare.run(
        new Output(
            stream,
            StandardCharsets.UTF_8,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Terminal.NONE),
        arguments);
  }

  private String everything() {
    return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
  }
}
