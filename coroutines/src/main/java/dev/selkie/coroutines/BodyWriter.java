package dev.selkie.coroutines;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.selkie.coroutines.Await.Kept;
import dev.selkie.runtime.Waker;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.classfile.instruction.LocalVariableType;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/** Writes the method that goes on at an await, from the method that awaits. */
final class BodyWriter implements CodeTransform {
  /*
   *   switch (at) { 0: RESTORE_0, 1: RESTORE_1, … }
   *   BEGIN: …
   *     found = begin(task, call, waker)      in place of await
   *     if (found == PENDING) goto SUSPEND_1
   *   AFTER_1: value(found) …
   *
   *   SUSPEND_1: what is kept goes to fields; return call.suspend(1)
   *   RESTORE_1: what is kept comes back, and the fields are cleared; goto AFTER_1
   *
   * What stands below the line is out of the reach of every try, where local variables may be
   * unset; AFTER is within, so that a handler catches what an await throws, then as at first.
   */
  static final ClassDesc RESUMPTION = Resumption.class.describeConstable().orElseThrow();
  private static final ClassDesc WAKER = Waker.class.describeConstable().orElseThrow();

  private static final MethodTypeDesc BEGIN =
      MethodTypeDesc.of(CD_Object, Body.TASK, RESUMPTION, WAKER);
  private static final MethodTypeDesc VALUE = MethodTypeDesc.of(CD_Object, CD_Object);
  private static final MethodTypeDesc SUSPEND = MethodTypeDesc.of(Body.TASK, CD_int);

  /** The parameters; the method's own slots are behind them. */
  private static final int CALL = 0;

  private static final int AT = 1;
  private static final int WAKER_SLOT = 2;
  private static final int FOUND = 3;
  private static final int PARAMETERS = 4;

  private final Body body;
  private final ClassDesc call;
  private final List<Label> suspends = new ArrayList<>();
  private final List<Label> restores = new ArrayList<>();
  private final List<Label> afters = new ArrayList<>();

  /** Of the element that is next. */
  private int index;

  private int awaits;

  BodyWriter(Body body, ClassDesc call) {
    this.body = body;
    this.call = call;
  }

  /** The type of the method that this writes. */
  static MethodTypeDesc type(ClassDesc call) {
    return MethodTypeDesc.of(Body.TASK, call, CD_int, WAKER, CD_Object);
  }

  /** The type of {@link Resumption#resume}. */
  static MethodTypeDesc resumeType() {
    return MethodTypeDesc.of(Body.TASK, CD_int, WAKER, CD_Object);
  }

  @Override
  public void atStart(CodeBuilder code) {
    List<SwitchCase> cases = new ArrayList<>();
    for (Await await : body.awaits) {
      suspends.add(code.newLabel());
      restores.add(code.newLabel());
      afters.add(code.newLabel());
      cases.add(SwitchCase.of(await.number(), restores.getLast()));
    }
    code.iload(AT)
        .tableswitch(0, cases.size() - 1, restores.getFirst(), cases.subList(1, cases.size()))
        .labelBinding(afters.getFirst());
  }

  @Override
  public void accept(CodeBuilder code, CodeElement element) {
    int here = index++;
    if (body.late.contains(here) || body.late.contains(here - 1)) {
      return; // new and dup: construct does that
    }
    if (Body.isAwait(element)) {
      await(code, ++awaits);
      return;
    }
    switch (element) {
      case LoadInstruction i -> code.loadLocal(i.typeKind(), i.slot() + PARAMETERS);
      case StoreInstruction i -> code.storeLocal(i.typeKind(), i.slot() + PARAMETERS);
      case IncrementInstruction i -> code.iinc(i.slot() + PARAMETERS, i.constant());
      case LocalVariable v -> {
        if (body.used.get(v.slot())) {
          code.localVariable(
              v.slot() + PARAMETERS, v.name(), v.type(), v.startScope(), v.endScope());
        }
      }
      case LocalVariableType v -> {
        if (body.used.get(v.slot())) {
          code.localVariableType(
              v.slot() + PARAMETERS, v.name(), v.signature(), v.startScope(), v.endScope());
        }
      }
      case InvokeInstruction i when body.constructors.containsKey(here) -> construct(code, i);
      default -> code.with(element);
    }
  }

  private void await(CodeBuilder code, int number) {
    code.aload(CALL)
        .aload(WAKER_SLOT)
        .invokestatic(RESUMPTION, "begin", BEGIN)
        .dup()
        .getstatic(RESUMPTION, "PENDING", CD_Object)
        .if_acmpeq(suspends.get(number))
        .labelBinding(afters.get(number))
        .invokestatic(RESUMPTION, "value", VALUE);
  }

  private void construct(CodeBuilder code, InvokeInstruction constructor) {
    List<ClassDesc> parameters = constructor.typeSymbol().parameterList();
    int slot = PARAMETERS + body.maxLocals;
    for (ClassDesc parameter : parameters.reversed()) {
      code.storeLocal(TypeKind.from(parameter), slot);
      slot += TypeKind.from(parameter).slotSize();
    }
    code.new_(constructor.owner().asSymbol()).dup();
    for (ClassDesc parameter : parameters) {
      slot -= TypeKind.from(parameter).slotSize();
      code.loadLocal(TypeKind.from(parameter), slot);
    }
    code.with(constructor);
  }

  @Override
  public void atEnd(CodeBuilder code) {
    for (Await await : body.awaits) {
      if (await.number() > 0) {
        suspend(code, await);
      }
      restore(code, await);
    }
  }

  private void suspend(CodeBuilder code, Await await) {
    code.labelBinding(suspends.get(await.number())).lineNumber(await.line()).pop();
    for (Kept kept : await.stack().reversed()) {
      if (kept.value().isNull()) {
        code.pop();
      } else if (kept.value().kind().slotSize() == 2) {
        code.aload(CALL).dup_x2().pop();
        put(code, kept);
      } else {
        code.aload(CALL).swap();
        put(code, kept);
      }
    }
    for (Kept kept : await.locals()) {
      if (!kept.value().isNull()) {
        code.aload(CALL).loadLocal(kept.value().kind(), kept.slot() + PARAMETERS);
        put(code, kept);
      }
    }
    code.aload(CALL)
        .loadConstant(await.number())
        .invokevirtual(RESUMPTION, "suspend", SUSPEND)
        .areturn();
  }

  private void restore(CodeBuilder code, Await await) {
    code.labelBinding(restores.get(await.number()));
    for (Kept kept : await.locals()) {
      take(code, kept);
      code.storeLocal(kept.value().kind(), kept.slot() + PARAMETERS);
    }
    for (Kept kept : await.stack()) {
      take(code, kept);
    }
    if (await.number() > 0) {
      code.aload(FOUND);
    }
    code.goto_(afters.get(await.number()));
  }

  private void put(CodeBuilder code, Kept kept) {
    code.putfield(call, kept.field(), fieldType(kept.value()));
  }

  /** Loads a value from its field, which is cleared: what is not needed any more is not held. */
  private void take(CodeBuilder code, Kept kept) {
    if (kept.value().isNull()) {
      code.aconst_null();
      return;
    }
    code.aload(CALL).getfield(call, kept.field(), fieldType(kept.value()));
    if (kept.isReference()) {
      code.checkcast(kept.value().type())
          .aload(CALL)
          .aconst_null()
          .putfield(call, kept.field(), CD_Object);
    }
  }

  /** The type of the field that keeps a value. */
  static ClassDesc fieldType(Value value) {
    return value.kind() == TypeKind.REFERENCE ? CD_Object : value.kind().upperBound();
  }
}
