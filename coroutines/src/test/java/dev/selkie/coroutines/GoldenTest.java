package dev.selkie.coroutines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.coroutines.ClassWeaver.Woven;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What becomes of a method, instruction by instruction. After a change that is wanted, {@code
 * -Ddev.selkie.golden=write} writes the files anew.
 */
final class GoldenTest {
  private static final Path FOLDER = Path.of("src/test/golden");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"Requests", "Shapes"})
  void aProgramIsWovenAsItWas(String name) throws Exception {
    Compiled.into(folder, name, Sources.ofTest(name));
    byte[] compiled =
        Files.readAllBytes(folder.resolve("dev/selkie/coroutines/" + name + ".class"));
    ClassFile classFile = ClassFile.of();
    List<String> problems = new ArrayList<>();
    ClassWeaver weaver = new ClassWeaver(classFile, classFile.parse(compiled), problems);
    Map<ClassDesc, byte[]> classes = weaver.weave();
    StringBuilder text = new StringBuilder();
    for (Woven woven : weaver.coroutines()) {
      text.append(Listing.states(woven)).append('\n');
    }
    ClassModel after = classFile.parse(classes.values().iterator().next());
    after.methods().stream()
        .filter(method ->
            weaver.coroutines().stream()
                .anyMatch(woven -> woven.body().method.methodName().equals(method.methodName())))
        .forEach(method -> text.append(Listing.code(method)).append('\n'));
    assertThat(problems).isEmpty();
    Path golden = FOLDER.resolve(name + ".txt");
    if ("write".equals(System.getProperty("dev.selkie.golden"))) {
      Files.createDirectories(FOLDER);
      Files.writeString(golden, text);
    }
    assertThat(text).hasToString(Files.readString(golden));
  }
}
