package dev.selkie.coroutines;

import java.lang.classfile.TypeKind;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An await in a method: a place where a coroutine stops, and what it keeps for later. The beginning
 * is one too, at which the arguments are kept.
 *
 * @param number 0 for the beginning
 * @param index of the call of {@code await} among the elements of the method; -1 for the beginning
 * @param line of the source
 * @param locals the local variables that are read later
 * @param stack the values below the awaited task, the lowest first
 */
record Await(int number, int index, int line, List<Kept> locals, List<Kept> stack) {
  /**
   * A value that is kept.
   *
   * @param slot of the local variable; -1 on the stack
   * @param field the name of the field that keeps it; empty for null, which needs none
   */
  record Kept(int slot, Value value, String field) {
    boolean isReference() {
      return value.kind() == TypeKind.REFERENCE;
    }
  }

  /** Gives a field to each value: the first of a kind to the first of the kind. */
  static Await of(int number, int index, int line, Frame frame, BitSet live, List<Value> below) {
    Map<TypeKind, Integer> used = new EnumMap<>(TypeKind.class);
    List<Kept> locals = new ArrayList<>();
    live.stream()
        .filter(slot -> !frame.local(slot).isNone())
        .forEach(slot -> locals.add(kept(slot, frame.local(slot), used)));
    List<Kept> stack = new ArrayList<>();
    for (Value value : below) {
      if (!value.isRaw()) {
        stack.add(kept(-1, value, used));
      }
    }
    return new Await(number, index, line, locals, stack);
  }

  private static Kept kept(int slot, Value value, Map<TypeKind, Integer> used) {
    if (value.isNull()) {
      return new Kept(slot, value, "");
    }
    int before = used.merge(value.kind(), 1, Integer::sum) - 1;
    return new Kept(slot, value, value.kind().name().toLowerCase(Locale.ROOT) + before);
  }

  /** All that is kept. */
  List<Kept> kept() {
    List<Kept> all = new ArrayList<>(locals);
    all.addAll(stack);
    return all;
  }
}
