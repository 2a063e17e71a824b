package dev.selkie.coroutines;

import dev.selkie.coroutines.Await.Kept;
import dev.selkie.coroutines.ClassWeaver.Woven;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the weaver made of a method, as text. */
final class Listing {
  private final Map<Label, String> labels = new HashMap<>();
  private final StringBuilder text = new StringBuilder();

  private Listing() {}

  /** What is kept at each await. */
  static String states(Woven woven) {
    Listing listing = new Listing();
    listing.line("%s", woven.body().method.methodName().stringValue());
    listing.line("  fields: %s", String.join(", ", ClassWeaver.fields(woven.body()).keySet()));
    for (Await await : woven.body().awaits) {
      String where = await.number() == 0 ? "begin" : "await " + await.number();
      listing.line("  %s, line %d: %s", where, await.line(), kept(await));
    }
    return listing.text.toString();
  }

  private static String kept(Await await) {
    return await.kept().isEmpty()
        ? "nothing"
        : await.kept().stream().map(Listing::kept).collect(Collectors.joining(", "));
  }

  private static String kept(Kept kept) {
    String place = kept.slot() < 0 ? "stack" : "local " + kept.slot();
    if (kept.value().isNull()) {
      return place + " = null";
    }
    String type =
        kept.isReference()
            ? kept.value().type().displayName()
            : kept.value().kind().name().toLowerCase(Locale.ROOT);
    return "%s %s in %s".formatted(place, type, kept.field());
  }

  /** The instructions of a method, without what constants refer to. */
  static String code(MethodModel method) {
    Listing listing = new Listing();
    CodeModel code = method.code().orElseThrow();
    List<CodeElement> elements = code.elementList();
    for (CodeElement element : elements) {
      if (element instanceof LabelTarget target) {
        listing.labels.put(target.label(), "L" + listing.labels.size());
      }
    }
    listing.line(
        "%s%s", method.methodName().stringValue(), method.methodTypeSymbol().displayDescriptor());
    elements.forEach(listing::add);
    return listing.text.toString();
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation is another library's
  private void line(String format, Object... parts) {
    text.append(format.formatted(parts).stripTrailing()).append('\n');
  }

  private void add(CodeElement element) {
    switch (element) {
      case LabelTarget target -> line(" %s:", labels.get(target.label()));
      case LineNumber number -> line("  line %d", number.line());
      case ExceptionCatch handler ->
          line(
              "  try %s to %s catch %s at %s",
              labels.get(handler.tryStart()),
              labels.get(handler.tryEnd()),
              handler.catchType().map(type -> type.asSymbol().displayName()).orElse("any"),
              labels.get(handler.handler()));
      case Instruction instruction -> line("    %s %s", name(instruction), operands(instruction));
      default -> {}
    }
  }

  /** Without the operand that is a part of it. */
  private static String name(Instruction instruction) {
    String name = instruction.opcode().name().toLowerCase(Locale.ROOT);
    return instruction instanceof LoadInstruction || instruction instanceof StoreInstruction
        ? name.replaceFirst("_\\d$", "")
        : name;
  }

  private String operands(Instruction instruction) {
    return switch (instruction) {
      case BranchInstruction i -> labels.get(i.target());
      case TableSwitchInstruction i ->
          i.cases().stream()
              .map(one -> one.caseValue() + " " + labels.get(one.target()))
              .collect(Collectors.joining(", ", "", ", default " + labels.get(i.defaultTarget())));
      case LoadInstruction i -> "" + i.slot();
      case StoreInstruction i -> "" + i.slot();
      case IncrementInstruction i -> i.slot() + " by " + i.constant();
      case ConstantInstruction i -> constant(i);
      case FieldInstruction i -> i.owner().asSymbol().displayName() + "." + i.name().stringValue();
      case InvokeInstruction i -> i.owner().asSymbol().displayName() + "." + i.name().stringValue();
      case InvokeDynamicInstruction i -> i.name().stringValue();
      case NewObjectInstruction i -> i.className().asSymbol().displayName();
      case TypeCheckInstruction i -> i.type().asSymbol().displayName();
      default -> "";
    };
  }

  private static String constant(ConstantInstruction instruction) {
    return instruction.sizeInBytes() == 1
        ? ""
        : instruction.constantValue().toString().replace("\r", "\\r").replace("\n", "\\n");
  }
}
