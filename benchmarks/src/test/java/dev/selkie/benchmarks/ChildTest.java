package dev.selkie.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ChildTest {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(10);

  @Test
  void anAnswerIsNamesAndNumbers() throws Exception {
    try (Child child = Child.start(List.of("sh", "-c", "echo ready port=7; read x; echo got=8"))) {
      assertThat(child.ready()).isEqualTo(Map.of("port", 7L));
      assertThat(child.ask("round", LONG)).isEqualTo(Map.of("got", 8L));
    }
  }

  @Test
  void anErrorIsItsReason() throws Exception {
    try (Child child = Child.start(List.of("sh", "-c", "echo error no pipes left"))) {
      assertThatThrownBy(child::ready).hasMessage("no pipes left");
    }
  }

  @Test
  void silenceEndsAtTheDeadlineAndWithTheProcess() throws Exception {
    List<String> answersOnce = List.of("sh", "-c", "read -r line; echo \"$line\"; cat >/dev/null");
    try (Child silent = Child.start(answersOnce);
        Child gone = Child.start(List.of("true"))) {
      assertThatThrownBy(() -> gone.ask("round", LONG)).hasMessage("the process has ended");
      assertThat(silent.ask("a=1", LONG)).isEqualTo(Map.of("a", 1L));
      assertThatThrownBy(() -> silent.ask("", Duration.ZERO)).hasMessageContaining("no answer");
    }
  }

  @Test
  void closeEndsWhatIgnoresTheEndOfItsInput() throws Exception {
    Child child = Child.start(List.of("sleep", "60"));
    ProcessHandle process = ProcessHandle.of(child.pid()).orElseThrow();
    child.close();
    assertThat(process.isAlive()).isFalse();
    assertThatThrownBy(() -> child.ask("round", SHORT)).isInstanceOf(ChildException.class);
  }

  @Test
  void aMissingProgramIsNamed() {
    assertThatThrownBy(() -> Child.start(List.of("no-such-program")))
        .isInstanceOf(ChildException.class)
        .hasMessageContaining("no-such-program");
  }
}
