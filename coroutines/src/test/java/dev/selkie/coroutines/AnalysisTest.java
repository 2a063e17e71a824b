package dev.selkie.coroutines;

import static java.lang.constant.ConstantDescs.INIT_NAME;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.attribute.StackMapFrameInfo;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the weaver finds out of code, against what the compiler and the verifier know of it. */
final class AnalysisTest {
  /** The values that meet at a place are of the kinds that the compiler wrote down for it. */
  private static int checkFrames(ClassModel model, MethodModel method) throws Refusal {
    Body body = new Body(model, method, method.code().orElseThrow());
    Frame frame = new Frame(body.maxLocals);
    frame.set(body.arguments(), List.of());
    boolean reached = true;
    int checked = 0;
    for (int i = 0; i < body.elements.size(); i++) {
      StackMapFrameInfo info = body.said.get(i);
      if (info != null) {
        Frame said = new Frame(body.maxLocals);
        said.set(body.values(info.locals()), body.values(info.stack()));
        if (reached) {
          checkMeets(frame, said, body, i);
          checked++;
        }
        frame = said;
        reached = true;
      }
      CodeElement element = body.elements.get(i);
      if (element instanceof Instruction instruction) {
        frame.step(i, instruction);
        reached = goesOn(instruction);
      }
    }
    return checked;
  }

  private static void checkMeets(Frame frame, Frame said, Body body, int index) {
    String place = body.method + " at element " + index;
    for (int slot = 0; slot < body.maxLocals; slot++) {
      Value expected = said.local(slot);
      if (!expected.isNone()) {
        assertThat(frame.local(slot).kind()).as(place).isEqualTo(expected.kind());
      } else {
        assertThat(body.liveness.at(index).get(slot)).as(place).isFalse();
      }
    }
    assertThat(frame.stack().stream().map(Value::kind))
        .as(place)
        .isEqualTo(said.stack().stream().map(Value::kind).toList());
  }

  private static boolean goesOn(Instruction instruction) {
    return switch (instruction) {
      case ReturnInstruction _, ThrowInstruction _ -> false;
      case TableSwitchInstruction _, LookupSwitchInstruction _ -> false;
      case BranchInstruction i -> i.opcode() != Opcode.GOTO && i.opcode() != Opcode.GOTO_W;
      default -> true;
    };
  }

  @Test
  void theFramesOfThePlatformsOwnClasses() throws Exception {
    Path folder =
        FileSystems.getFileSystem(URI.create("jrt:/"))
            .getPath("/modules/java.base/java/util/concurrent");
    int checked = 0;
    for (Path file : classes(folder)) {
      ClassModel model = ClassFile.of().parse(Files.readAllBytes(file));
      for (MethodModel method : model.methods()) {
        if (method.code().isPresent() && !method.methodName().equalsString(INIT_NAME)) {
          checked += checkFrames(model, method);
        }
      }
    }
    assertThat(checked).isGreaterThan(2_000);
  }

  @Test
  void theVerifierAcceptsEveryWovenClassOfTheseTests() throws Exception {
    Path folder = folderOfTests();
    ClassFile classFile =
        ClassFile.of(
            ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(getClass().getClassLoader())));
    int woven = 0;
    for (Path file : classes(folder)) {
      byte[] bytes = Files.readAllBytes(file);
      assertThat(classFile.verify(bytes)).as(file.toString()).isEmpty();
      ClassModel model = classFile.parse(bytes);
      if (model.superclass().orElseThrow().matches(BodyWriter.RESUMPTION)) {
        woven++;
      }
      for (MethodModel method : model.methods()) {
        assertThat(method.code().stream().flatMap(code -> code.elementStream()))
            .noneMatch(Body::isAwait);
      }
    }
    assertThat(woven).isGreaterThan(40);
  }

  private Path folderOfTests() throws URISyntaxException {
    return Path.of(getClass().getResource("AnalysisTest.class").toURI()).getParent();
  }

  private static List<Path> classes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".class")).toList();
    }
  }
}
