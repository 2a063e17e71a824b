package dev.selkie.coroutines;

import dev.selkie.runtime.task.Task;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.attribute.StackMapFrameInfo;
import java.lang.classfile.attribute.StackMapFrameInfo.ObjectVerificationTypeInfo;
import java.lang.classfile.attribute.StackMapFrameInfo.SimpleVerificationTypeInfo;
import java.lang.classfile.attribute.StackMapFrameInfo.UninitializedVerificationTypeInfo;
import java.lang.classfile.attribute.StackMapFrameInfo.VerificationTypeInfo;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The code of a method that awaits, and what is known of it. */
final class Body {
  /*
   * Types come from one pass over the code: the compiler wrote down those of each place where paths
   * meet (JVMS 4.7.4), and between two of these places instructions follow each other.
   */
  static final ClassDesc TASK = Task.class.describeConstable().orElseThrow();
  static final ClassDesc COROUTINE = Coroutine.class.describeConstable().orElseThrow();

  final MethodModel method;
  final CodeModel code;
  final int maxLocals;
  final List<CodeElement> elements;
  final List<Await> awaits = new ArrayList<>();

  /** The slots that are read or written; a parameter need not be. */
  final BitSet used = new BitSet();

  /**
   * The indices of {@code new} whose constructors have an await among their arguments. An object
   * that is not constructed cannot be kept, so it is made after them.
   */
  final Set<Integer> late = new HashSet<>();

  /** The indices of calls of these constructors, and what they construct. */
  final Map<Integer, Value> constructors = new HashMap<>();

  /** What the compiler wrote down, by the places where paths meet. */
  final Map<Integer, StackMapFrameInfo> said = new HashMap<>();

  final Liveness liveness;
  private final Map<Label, Integer> places = new HashMap<>();
  private final ClassModel owner;

  Body(ClassModel owner, MethodModel method, CodeModel code) throws Refusal {
    this.owner = owner;
    this.method = method;
    this.code = code;
    this.maxLocals = ((CodeAttribute) code).maxLocals();
    this.elements = code.elementList();
    for (int i = 0; i < elements.size(); i++) {
      switch (elements.get(i)) {
        case LabelTarget target -> places.put(target.label(), i);
        case LoadInstruction load -> used.set(load.slot());
        case StoreInstruction store -> used.set(store.slot());
        default -> {}
      }
    }
    this.liveness = new Liveness(elements, this::place);
    refuseMethods();
    findAwaits();
  }

  /** Whether an element is a call of {@code await}. */
  static boolean isAwait(CodeElement element) {
    return element instanceof InvokeInstruction call
        && call.owner().matches(COROUTINE)
        && call.name().equalsString("await");
  }

  /** Whether an element makes a method reference to {@code await}. */
  static boolean isReferenceToAwait(CodeElement element) {
    return element instanceof InvokeDynamicInstruction dynamic
        && dynamic.bootstrapArgs().stream()
            .anyMatch(argument ->
                argument instanceof DirectMethodHandleDesc handle
                    && handle.owner().equals(COROUTINE));
  }

  private void refuseMethods() throws Refusal {
    int line = 0;
    for (CodeElement element : elements) {
      if (element instanceof LineNumber number) {
        line = number.line();
      } else if (isReferenceToAwait(element)) {
        throw refusal(
            line, "a reference to await cannot be woven: write a lambda that returns a Task");
      } else if (isAwait(element)) {
        if (!method.methodTypeSymbol().returnType().equals(TASK)) {
          throw refusal(
              line, "await in a method or lambda that does not return Task: have it return one");
        }
        if (method.flags().has(AccessFlag.SYNCHRONIZED)) {
          throw refusal(
              line, "await in a synchronized method: a monitor cannot be held while waiting");
        }
      }
    }
  }

  /** The index of a label among the elements. */
  private int place(Label label) {
    return Objects.requireNonNull(places.get(label));
  }

  private Refusal refusal(int line, String problem) {
    return new Refusal(
        "%s:%d: %s: %s".formatted(file(), line, method.methodName().stringValue(), problem));
  }

  private String file() {
    return owner
        .findAttribute(Attributes.sourceFile())
        .map(attribute -> attribute.sourceFile().stringValue())
        .orElse(owner.thisClass().asInternalName());
  }

  /** Where an await is, as stack traces have it. */
  String place(Await await) {
    return "%s.%s(%s:%d)"
        .formatted(
            owner.thisClass().asInternalName().replace('/', '.'),
            method.methodName().stringValue(),
            file(),
            await.line());
  }

  private void findAwaits() throws Refusal {
    code.findAttribute(Attributes.stackMapTable())
        .ifPresent(
            table -> table.entries().forEach(entry -> said.put(place(entry.target()), entry)));
    Frame frame = new Frame(maxLocals);
    frame.set(arguments(), List.of());
    int line =
        elements.stream()
            .filter(LineNumber.class::isInstance)
            .mapToInt(element -> ((LineNumber) element).line())
            .findFirst()
            .orElse(0);
    awaits.add(Await.of(0, -1, line, frame, liveness.at(0), List.of()));
    for (int i = 0; i < elements.size(); i++) {
      StackMapFrameInfo info = said.get(i);
      if (info != null) {
        frame.set(values(info.locals()), values(info.stack()));
      }
      if (elements.get(i) instanceof LineNumber number) {
        line = number.line();
      } else if (elements.get(i) instanceof Instruction instruction) {
        if (isAwait(instruction)) {
          List<Value> below = frame.stack();
          below = below.subList(0, below.size() - 1);
          refuseUnkeepable(i, line, below);
          awaits.add(Await.of(awaits.size(), i, line, frame, liveness.at(i), below));
        }
        Value raw = frame.constructed(instruction);
        if (raw != null) {
          constructors.put(i, raw);
        }
        frame.step(i, instruction);
      }
    }
    constructors.values().removeIf(raw -> !late.contains(raw.madeAt()));
  }

  private void refuseUnkeepable(int index, int line, List<Value> below) throws Refusal {
    for (Value value : below) {
      if (value.isRaw()) {
        late.add(value.madeAt());
        if (!isDuplicate(value.madeAt() + 1)) {
          throw refusal(line, "await among the arguments of this constructor: await before it");
        }
      }
    }
    for (ExceptionCatch handler : code.exceptionHandlers()) {
      if (place(handler.tryStart()) <= index
          && index < place(handler.tryEnd())
          && releases(place(handler.handler()))) {
        throw refusal(
            line, "await in a synchronized block: a monitor cannot be held while waiting");
      }
    }
  }

  private boolean isDuplicate(int index) {
    return elements.get(index) instanceof StackInstruction copy && copy.opcode() == Opcode.DUP;
  }

  /** Whether a handler is the one that the compiler writes for a monitor: it releases it. */
  private boolean releases(int handler) {
    return elements.subList(handler, elements.size()).stream()
        .filter(Instruction.class::isInstance)
        .limit(3)
        .anyMatch(MonitorInstruction.class::isInstance);
  }

  /** The local variables at the beginning. */
  List<Value> arguments() {
    List<Value> values = new ArrayList<>();
    if (!method.flags().has(AccessFlag.STATIC)) {
      values.add(Value.of(owner.thisClass().asSymbol()));
    }
    method.methodTypeSymbol().parameterList().forEach(type -> addSlots(values, Value.of(type)));
    return values;
  }

  private static void addSlots(List<Value> slots, Value value) {
    slots.add(value);
    if (value.kind().slotSize() == 2) {
      slots.add(Value.NONE);
    }
  }

  /** What the compiler wrote down, slot by slot. */
  List<Value> values(List<VerificationTypeInfo> types) {
    List<Value> values = new ArrayList<>();
    for (VerificationTypeInfo type : types) {
      addSlots(
          values,
          switch (type) {
            case SimpleVerificationTypeInfo simple ->
                switch (simple) {
                  case INTEGER -> Value.of(TypeKind.INT);
                  case FLOAT -> Value.of(TypeKind.FLOAT);
                  case LONG -> Value.of(TypeKind.LONG);
                  case DOUBLE -> Value.of(TypeKind.DOUBLE);
                  case NULL -> Value.NULL;
                  case TOP, UNINITIALIZED_THIS -> Value.NONE;
                };
            case ObjectVerificationTypeInfo object -> Value.of(object.classSymbol());
            case UninitializedVerificationTypeInfo raw -> raw(raw.newTarget());
          });
    }
    return values;
  }

  private Value raw(Label label) {
    int index = place(label);
    while (!(elements.get(index) instanceof NewObjectInstruction)) {
      index++;
    }
    return Value.raw(((NewObjectInstruction) elements.get(index)).className().asSymbol(), index);
  }
}
