package dev.selkie.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
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

/** That the whole comparison runs; its figures are of no worth here. */
final class CompareTest {
  private static final Set<String> ALL = Set.of("c", "selkie", "nio");
  private static final Set<String> JAVA = Set.of("selkie", "nio");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir private Path folder;

  @Test
  @Timeout(60)
  void eachPeerAnswersEveryMessage() throws Exception {
    boolean compiler = Launcher.onPath("cc").isPresent();
    Path file = folder.resolve("figures.json");
    String quick =
        "--quick --rounds 2 --round-millis 50 --warm-up-millis 50 --writes 2000"
            + " --connections 1,8 --pipes 10,150 --active 100 --peers c,selkie,nio --json ";
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
      peers.keySet().forEach(peer -> checkRounds(object, peers.getAsJsonObject(peer)));
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("### echo, 8 connections", "### pipes, 150 registered", "machine", "Netty");
  }

  private static void checkRounds(JsonObject result, JsonObject peer) {
    List<JsonElement> rounds = peer.getAsJsonArray("rounds").asList();
    assertThat(rounds).hasSize(2);
    String metric = result.get("metric").getAsString();
    for (JsonElement round : rounds) {
      assertThat(round.getAsJsonObject().get(metric).getAsDouble()).isPositive();
      assertThat(
              round.getAsJsonObject().keySet().stream()
                  .filter(Set.of("messages", "events", "wakes")::contains)
                  .map(name -> round.getAsJsonObject().get(name).getAsDouble())
                  .collect(Collectors.toList()))
          .singleElement()
          .satisfies(count -> assertThat(count).isPositive());
    }
  }

  @Test
  void wrongOptionsAreRefusedByName() {
    assertThat(run("--rounds", "0")).isEqualTo(2);
    assertThat(run("--peers", "java")).isEqualTo(2);
    assertThat(run("--only", "disk")).isEqualTo(2);
    assertThat(run("--json", "/proc/none/figures.json", "--quick")).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(
            "--rounds is 0: it must be 1 or more", "no peer is named java", "disk", "/proc/none");
  }

  private int run(String... arguments) {
    return Compare.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        arguments);
  }

  private String everything() {
    return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
  }
}
