package dev.selkie.coroutines;

import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_MethodType;
import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.INIT_NAME;

import java.lang.classfile.Instruction;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The values of stack and local variables at one place of a method, as JVMS 4.10.1 has them. */
final class Frame {
  /*
   * Both are lists of slots, in which a long or a double is followed by NONE. So the instructions
   * that copy stack slots need not know what is in them.
   */
  private final Value[] locals;
  private final List<Value> stack = new ArrayList<>();

  Frame(int maxLocals) {
    locals = new Value[maxLocals];
    Arrays.fill(locals, Value.NONE);
  }

  /** Takes over what the compiler said about a place. */
  void set(List<Value> newLocals, List<Value> newStack) {
    Arrays.fill(locals, Value.NONE);
    for (int slot = 0; slot < newLocals.size(); slot++) {
      locals[slot] = newLocals.get(slot);
    }
    stack.clear();
    stack.addAll(newStack);
  }

  Value local(int slot) {
    return locals[slot];
  }

  /** The values of the stack, the lowest first. */
  List<Value> stack() {
    return stack.stream().filter(value -> !value.isNone()).toList();
  }

  private void push(Value value) {
    stack.add(value);
    if (value.kind().slotSize() == 2) {
      stack.add(Value.NONE);
    }
  }

  private void push(ClassDesc type) {
    if (TypeKind.from(type) != TypeKind.VOID) {
      push(Value.of(type));
    }
  }

  private Value pop(int slots) {
    Value lowest = Value.NONE;
    for (int i = 0; i < slots; i++) {
      lowest = stack.removeLast();
    }
    return lowest;
  }

  private Value pop(TypeKind kind) {
    return pop(kind.slotSize());
  }

  private void popArguments(MethodTypeDesc type) {
    type.parameterList().forEach(parameter -> pop(TypeKind.from(parameter)));
  }

  /** What an instruction constructs, before its step; or null. */
  @Nullable Value constructed(Instruction instruction) {
    if (instruction instanceof InvokeInstruction call && call.name().equalsString(INIT_NAME)) {
      int slots = 1;
      for (ClassDesc parameter : call.typeSymbol().parameterList()) {
        slots += TypeKind.from(parameter).slotSize();
      }
      return stack.get(stack.size() - slots);
    }
    return null;
  }

  /** What an instruction does; after one that does not go on, it is undefined. */
  void step(int index, Instruction instruction) {
    switch (instruction) {
      case LoadInstruction i -> push(locals[i.slot()]);
      case StoreInstruction i -> store(i.slot(), pop(i.typeKind()));
      case ConstantInstruction i -> push(constant(i));
      case OperatorInstruction i -> operate(i);
      case ConvertInstruction i -> {
        pop(i.fromType());
        push(Value.of(i.toType()));
      }
      case StackInstruction i -> copy(i);
      case BranchInstruction i -> pop(branchOperands(i));
      case TableSwitchInstruction _, LookupSwitchInstruction _, MonitorInstruction _ -> pop(1);
      case FieldInstruction i -> access(i);
      case InvokeInstruction i -> invoke(i);
      case InvokeDynamicInstruction i -> {
        popArguments(i.typeSymbol());
        push(i.typeSymbol().returnType());
      }
      case TypeCheckInstruction i -> {
        pop(1);
        push(
            i.opcode() == Opcode.CHECKCAST
                ? Value.of(i.type().asSymbol())
                : Value.of(TypeKind.INT));
      }
      case NewObjectInstruction i -> push(Value.raw(i.className().asSymbol(), index));
      case NewPrimitiveArrayInstruction i -> makeArray(i.typeKind().upperBound().arrayType(), 1);
      case NewReferenceArrayInstruction i -> makeArray(i.componentType().asSymbol().arrayType(), 1);
      case NewMultiArrayInstruction i -> makeArray(i.arrayType().asSymbol(), i.dimensions());
      case ArrayLoadInstruction i -> load(i);
      case ArrayStoreInstruction i -> pop(2 + i.typeKind().slotSize());
      default -> {} // iinc, nop; return and athrow, which do not go on
    }
  }

  private void store(int slot, Value value) {
    locals[slot] = value;
    if (value.kind().slotSize() == 2) {
      locals[slot + 1] = Value.NONE;
    }
    if (slot > 0 && locals[slot - 1].kind().slotSize() == 2) {
      locals[slot - 1] = Value.NONE;
    }
  }

  private static Value constant(ConstantInstruction instruction) {
    if (instruction.typeKind() != TypeKind.REFERENCE) {
      return Value.of(instruction.typeKind());
    }
    if (instruction.opcode() == Opcode.ACONST_NULL) {
      return Value.NULL;
    }
    return switch (instruction.constantValue()) {
      case String _ -> Value.of(CD_String);
      case ClassDesc _ -> Value.of(CD_Class);
      case MethodTypeDesc _ -> Value.of(CD_MethodType);
      case DynamicConstantDesc<?> dynamic -> Value.of(dynamic.constantType());
      default -> Value.of(CD_MethodHandle);
    };
  }

  private void operate(OperatorInstruction instruction) {
    switch (instruction.opcode()) {
      case INEG, LNEG, FNEG, DNEG -> {}
      case LSHL, LSHR, LUSHR -> pop(1);
      case ARRAYLENGTH -> replace(1);
      case FCMPL, FCMPG -> replace(2);
      case LCMP, DCMPL, DCMPG -> replace(4);
      default -> pop(instruction.typeKind()); // of two of a kind one is left
    }
  }

  private void replace(int slots) {
    pop(slots);
    push(Value.of(TypeKind.INT));
  }

  private void copy(StackInstruction instruction) {
    switch (instruction.opcode()) {
      case POP -> pop(1);
      case POP2 -> pop(2);
      case DUP -> copy(1, 1);
      case DUP_X1 -> copy(1, 2);
      case DUP_X2 -> copy(1, 3);
      case DUP2 -> copy(2, 2);
      case DUP2_X1 -> copy(2, 3);
      case DUP2_X2 -> copy(2, 4);
      default -> stack.add(stack.size() - 1, stack.removeLast()); // swap
    }
  }

  /** Puts a copy of the highest slots below some. */
  private void copy(int slots, int below) {
    int size = stack.size();
    stack.addAll(size - below, List.copyOf(stack.subList(size - slots, size)));
  }

  private static int branchOperands(BranchInstruction instruction) {
    return switch (instruction.opcode()) {
      case GOTO, GOTO_W -> 0;
      case IFEQ, IFNE, IFLT, IFGE, IFGT, IFLE, IFNULL, IFNONNULL -> 1;
      default -> 2;
    };
  }

  private void access(FieldInstruction instruction) {
    ClassDesc type = instruction.typeSymbol();
    switch (instruction.opcode()) {
      case GETSTATIC -> push(type);
      case GETFIELD -> {
        pop(1);
        push(type);
      }
      case PUTSTATIC -> pop(TypeKind.from(type));
      default -> {
        pop(TypeKind.from(type));
        pop(1);
      }
    }
  }

  private void invoke(InvokeInstruction instruction) {
    Value raw = constructed(instruction);
    if (raw != null) {
      Value made = Value.of(raw.type());
      Arrays.setAll(locals, i -> locals[i].equals(raw) ? made : locals[i]);
      stack.replaceAll(value -> value.equals(raw) ? made : value);
    }
    popArguments(instruction.typeSymbol());
    if (instruction.opcode() != Opcode.INVOKESTATIC) {
      pop(1);
    }
    push(instruction.typeSymbol().returnType());
  }

  private void makeArray(ClassDesc type, int dimensions) {
    pop(dimensions);
    push(type);
  }

  private void load(ArrayLoadInstruction instruction) {
    pop(1);
    Value array = pop(1);
    if (instruction.typeKind() != TypeKind.REFERENCE) {
      push(Value.of(instruction.typeKind()));
    } else {
      ClassDesc component = array.type().componentType();
      push(component == null ? Value.NULL : Value.of(component)); // of a null array
    }
  }
}
