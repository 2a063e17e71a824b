package dev.selkie.coroutines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A method with many awaits, each of which keeps what those before it came to. */
final class LargeMethodTest {
  @TempDir Path folder;

  private List<String> weave(int awaits) throws IOException {
    StringBuilder source =
        new StringBuilder(
            """
            import dev.selkie.coroutines.Coroutine;
            import dev.selkie.runtime.task.Task;
            import java.util.function.IntFunction;
            public class Large {
              public static Task<Integer> sum(int from, IntFunction<Task<Integer>> later) {
                if (from < 0) {
                  return Task.of(0);
                }
            """);
    IntStream.range(0, awaits)
        .forEach(
            i -> source.append("int v%d = Coroutine.await(later.apply(%d));\n".formatted(i, i)));
    source.append("return Task.of(from");
    IntStream.range(0, awaits).forEach(i -> source.append(" + v").append(i));
    Compiled.into(folder, "Large", source.append(");}}").toString());
    return new Weaver(getClass().getClassLoader()).weave(folder);
  }

  @Test
  void oneWithJumpsOfMoreThan32768Bytes() throws Exception {
    assertThat(weave(80)).isEmpty();
    URL[] path = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(path, getClass().getClassLoader())) {
      Task<?> task =
          (Task<?>)
              loader
                  .loadClass("Large")
                  .getMethod("sum", int.class, IntFunction.class)
                  .invoke(null, 5, (IntFunction<?>) Pausing::later);
      assertThat(Pausing.<Object>run(task.map(sum -> sum))).isEqualTo(5 + 79 * 80 / 2);
    }
  }

  @Test
  void oneOfMoreThan65535BytesIsRefused() throws Exception {
    assertThat(weave(400)).singleElement().asString().startsWith("Large: ");
  }
}
