package dev.selkie.coroutines;

import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import dev.selkie.coroutines.Await.Kept;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Weaves a class: its coroutines, and a class for the calls of each. */
final class ClassWeaver {
  /*
   * A method that awaits becomes two: one of its name and type, which makes an object of the call
   * and keeps the arguments in it, and one that goes on with such a call. The second has its name
   * too, for stack traces, and stays in the class, where it may use what is private.
   */
  private final ClassFile classFile;
  private final ClassModel model;
  private final Map<MethodModel, Woven> coroutines = new LinkedHashMap<>();

  /** A method, and the class of its calls. */
  record Woven(Body body, ClassDesc call) {}

  /**
   * Looks for coroutines.
   *
   * @param problems takes what is refused
   */
  ClassWeaver(ClassFile classFile, ClassModel model, List<String> problems) {
    this.classFile = classFile;
    this.model = model;
    for (MethodModel method : model.methods()) {
      CodeModel code = method.code().orElse(null);
      if (code == null || code.elementStream().noneMatch(ClassWeaver::concernsAwait)) {
        continue;
      }
      try {
        String name =
            "%s$%s$%d"
                .formatted(
                    model.thisClass().asInternalName(),
                    method.methodName().stringValue(),
                    coroutines.size());
        coroutines.put(
            method, new Woven(new Body(model, method, code), ClassDesc.ofInternalName(name)));
      } catch (Refusal e) {
        problems.add(e.getMessage());
      }
    }
  }

  private static boolean concernsAwait(CodeElement element) {
    return Body.isAwait(element) || Body.isReferenceToAwait(element);
  }

  /** What was found, in the order of the methods. */
  List<Woven> coroutines() {
    return List.copyOf(coroutines.values());
  }

  /** The class and those of the calls, by their names. */
  Map<ClassDesc, byte[]> weave() {
    Map<ClassDesc, byte[]> classes = new LinkedHashMap<>();
    classes.put(model.thisClass().asSymbol(), classFile.transformClass(model, this::accept));
    for (Woven woven : coroutines.values()) {
      classes.put(
          woven.call(), classFile.build(woven.call(), builder -> buildCall(builder, woven)));
    }
    return classes;
  }

  private void accept(ClassBuilder builder, ClassElement element) {
    Woven woven = element instanceof MethodModel method ? coroutines.get(method) : null;
    if (woven == null) {
      builder.with(element);
      return;
    }
    MethodModel method = woven.body().method;
    builder.transformMethod(
        method,
        (making, part) -> {
          if (part instanceof CodeModel) {
            making.withCode(code -> writeMaker(code, woven));
          } else {
            making.with(part);
          }
        });
    builder.withMethod(
        method.methodName().stringValue(),
        BodyWriter.type(woven.call()),
        // An interface has no methods that only its package may call.
        ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC | (isInterface() ? ClassFile.ACC_PUBLIC : 0),
        resuming ->
            resuming.transformCode(
                woven.body().code,
                // If jumps are too long for 16 bits, all is written once more.
                CodeTransform.ofStateful(() -> new BodyWriter(woven.body(), woven.call()))));
  }

  private boolean isInterface() {
    return model.flags().has(AccessFlag.INTERFACE);
  }

  private static void writeMaker(CodeBuilder code, Woven woven) {
    ClassDesc call = woven.call();
    code.lineNumber(woven.body().awaits.getFirst().line())
        .new_(call)
        .dup()
        .invokespecial(call, INIT_NAME, MTD_void);
    for (Kept kept : woven.body().awaits.getFirst().locals()) {
      code.dup()
          .loadLocal(kept.value().kind(), kept.slot())
          .putfield(call, kept.field(), BodyWriter.fieldType(kept.value()));
    }
    code.areturn();
  }

  private void buildCall(ClassBuilder builder, Woven woven) {
    MethodTypeDesc resume = BodyWriter.resumeType();
    builder
        .withVersion(model.majorVersion(), model.minorVersion())
        .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER | ClassFile.ACC_SYNTHETIC)
        .withSuperclass(BodyWriter.RESUMPTION);
    model.findAttribute(Attributes.sourceFile()).ifPresent(builder::with);
    fields(woven.body()).forEach((name, type) -> builder.withField(name, type, 0));
    builder.withMethodBody(
        INIT_NAME,
        MTD_void,
        0,
        code -> code.aload(0).invokespecial(BodyWriter.RESUMPTION, INIT_NAME, MTD_void).return_());
    builder.withMethodBody(
        "resume",
        resume,
        ClassFile.ACC_PROTECTED,
        code ->
            code.aload(0)
                .iload(1)
                .aload(2)
                .aload(3)
                .invokestatic(
                    model.thisClass().asSymbol(),
                    woven.body().method.methodName().stringValue(),
                    BodyWriter.type(woven.call()),
                    isInterface())
                .areturn());
    builder.withMethodBody(
        "place",
        MethodTypeDesc.of(CD_String, CD_int),
        ClassFile.ACC_PROTECTED,
        code -> writePlaces(code, woven.body()));
  }

  /** The fields that the awaits need between them, one used by several. */
  static Map<String, ClassDesc> fields(Body body) {
    Map<String, ClassDesc> fields = new TreeMap<>();
    for (Await await : body.awaits) {
      for (Kept kept : await.kept()) {
        if (!kept.field().isEmpty()) {
          fields.put(kept.field(), BodyWriter.fieldType(kept.value()));
        }
      }
    }
    return fields;
  }

  private static void writePlaces(CodeBuilder code, Body body) {
    List<SwitchCase> cases = new ArrayList<>();
    for (Await await : body.awaits) {
      cases.add(SwitchCase.of(await.number(), code.newLabel()));
    }
    code.iload(1).lookupswitch(cases.getFirst().target(), cases.subList(1, cases.size()));
    for (Await await : body.awaits) {
      Label label = cases.get(await.number()).target();
      code.labelBinding(label).loadConstant(body.place(await)).areturn();
    }
  }
}
