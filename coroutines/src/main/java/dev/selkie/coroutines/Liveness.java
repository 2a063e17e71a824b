package dev.selkie.coroutines;

import java.lang.classfile.CodeElement;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.ToIntFunction;

/** Which local variables are read later, at each element of a method. */
final class Liveness {
  private final List<CodeElement> elements;
  private final ToIntFunction<Label> places;
  private final BitSet[] live;

  /** For each element, where its exceptions go. */
  private final List<List<Integer>> handlers = new ArrayList<>();

  Liveness(List<CodeElement> elements, ToIntFunction<Label> places) {
    this.elements = elements;
    this.places = places;
    live = new BitSet[elements.size() + 1];
    for (int i = 0; i < live.length; i++) {
      live[i] = new BitSet();
      handlers.add(new ArrayList<>());
    }
    for (CodeElement element : elements) {
      if (element instanceof ExceptionCatch handler) {
        for (int i = place(handler.tryStart()); i < place(handler.tryEnd()); i++) {
          handlers.get(i).add(place(handler.handler()));
        }
      }
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i = elements.size() - 1; i >= 0; i--) {
        BitSet before = before(i);
        changed |= !before.equals(live[i]);
        live[i] = before;
      }
    }
  }

  /** The slots that are read at an element or later. */
  BitSet at(int index) {
    return live[index];
  }

  private int place(Label label) {
    return places.applyAsInt(label);
  }

  private BitSet before(int index) {
    BitSet slots = new BitSet();
    CodeElement element = elements.get(index);
    for (int next : following(index, element)) {
      slots.or(live[next]);
    }
    switch (element) {
      case StoreInstruction i -> slots.clear(i.slot());
      case LoadInstruction i -> slots.set(i.slot());
      case IncrementInstruction i -> slots.set(i.slot());
      default -> {}
    }
    for (int handler : handlers.get(index)) {
      slots.or(live[handler]); // it may throw before it stores
    }
    return slots;
  }

  private List<Integer> following(int index, CodeElement element) {
    return switch (element) {
      case ReturnInstruction _, ThrowInstruction _ -> List.of();
      case BranchInstruction i ->
          switch (i.opcode()) {
            case GOTO, GOTO_W -> List.of(place(i.target()));
            default -> List.of(index + 1, place(i.target()));
          };
      case TableSwitchInstruction i -> targets(i.defaultTarget(), i.cases());
      case LookupSwitchInstruction i -> targets(i.defaultTarget(), i.cases());
      default -> List.of(index + 1);
    };
  }

  private List<Integer> targets(Label other, List<SwitchCase> cases) {
    List<Integer> targets = new ArrayList<>();
    targets.add(place(other));
    cases.forEach(one -> targets.add(place(one.target())));
    return targets;
  }
}
