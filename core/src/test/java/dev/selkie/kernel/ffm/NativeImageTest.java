package dev.selkie.kernel.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The native image metadata in the jar names what {@link Native} links and what {@link Profile}
 * reads. Not tried with a native image: there is no GraalVM here.
 */
final class NativeImageTest {
  private static final String METADATA =
      "/META-INF/native-image/dev.selkie/selkie/reachability-metadata.json";

  private final String text = text();

  private static String text() {
    try (InputStream stream = NativeImageTest.class.getResourceAsStream(METADATA)) {
      assertThat(stream).as(METADATA).isNotNull();
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void bracketsAndQuotesMatch() {
    Deque<Character> open = new ArrayDeque<>();
    String structure = text.replaceAll("\"[^\"\\\\]*\"", "0");
    assertThat(structure).doesNotContain("\"");
    for (int i = 0; i < structure.length(); i++) {
      char c = structure.charAt(i);
      switch (c) {
        case '{', '[' -> open.push(c);
        case '}' -> assertThat(open.pop()).isEqualTo('{');
        case ']' -> assertThat(open.pop()).isEqualTo('[');
        default -> assertThat("0123456789:, \ntrue").contains(String.valueOf(c));
      }
    }
    assertThat(open).isEmpty();
    assertThat(structure).as("a comma before the end").doesNotContainPattern(",\\s*[}\\]]");
  }

  @Test
  void everyShapeIsNamed() {
    assertThat(shapes())
        .containsExactlyInAnyOrder(
            shape(Native.function("files", "close").type(), ""),
            shape(Native.variadic("files", "fcntl").type(), ", \"firstVariadicArg\": 2"));
  }

  private List<String> shapes() {
    List<String> shapes = new ArrayList<>();
    Matcher shape =
        Pattern.compile("\\{\\s*\"returnType\".*?\\}\\s*\\}", Pattern.DOTALL).matcher(text);
    while (shape.find()) {
      shapes.add(shape.group().replaceAll("\\s+", ""));
    }
    return shapes;
  }

  /** The first parameter is where errno is captured, which the option stands for. */
  private static String shape(MethodType type, String variadic) {
    List<String> parameters =
        type.dropParameterTypes(0, 1).parameterList().stream()
            .map(parameter -> "\"j" + parameter + "\"")
            .toList();
    return """
    {"returnType": "j%s", "parameterTypes": [%s], "options": {"captureCallState": true%s}}
    """
        .formatted(type.returnType(), String.join(",", parameters), variadic)
        .replaceAll("\\s+", "");
  }

  @Test
  void whatIsReflectedUponIsNamed() throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    assertThat(signal.getConstructor(String.class)).isNotNull();
    assertThat(signal.getMethod("handle", signal, handler)).isNotNull();
    assertThat(text.replaceAll("\\s+", ""))
        .contains(
            "{\"type\":\"sun.misc.Signal\"",
            "{\"name\":\"<init>\",\"parameterTypes\":[\"java.lang.String\"]}",
            "{\"name\":\"handle\",\"parameterTypes\":[\"sun.misc.Signal\",\"sun.misc.SignalHandler\"]}",
            "{\"type\":\"sun.misc.SignalHandler\"}",
            "{\"type\":{\"proxy\":[\"sun.misc.SignalHandler\"]}}");
  }

  @Test
  void everyProfileIsIncluded() {
    Matcher glob = Pattern.compile("\"glob\": \"([^\"]*)\"").matcher(text);
    assertThat(glob.find()).isTrue();
    for (String profile : Profile.BUNDLED) {
      assertThat(Profile.class.getResource("profiles/" + profile + ".properties")).isNotNull();
      assertThat(
              FileSystems.getDefault()
                  .getPathMatcher("glob:" + glob.group(1))
                  .matches(Path.of("dev/selkie/kernel/ffm/profiles/" + profile + ".properties")))
          .as(profile)
          .isTrue();
    }
  }
}
