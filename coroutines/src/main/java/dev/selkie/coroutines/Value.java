package dev.selkie.coroutines;

import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;

/**
 * What the verifier knows of a slot of the stack or of a local variable.
 *
 * @param kind as it is loaded: an int stands for all that is smaller
 * @param type its class, if it is a reference
 * @param madeAt the index of the {@code new} that made it, while its constructor has not run; -1
 *     otherwise
 */
record Value(TypeKind kind, ClassDesc type, int madeAt) {
  /** Nothing usable; and the second slot of a long or a double. */
  static final Value NONE = new Value(TypeKind.VOID, CD_void, -1);

  static final Value NULL = new Value(TypeKind.REFERENCE, CD_void, -1);

  static Value of(ClassDesc type) {
    TypeKind kind = TypeKind.from(type).asLoadable();
    return new Value(kind, kind == TypeKind.REFERENCE ? type : CD_void, -1);
  }

  static Value of(TypeKind kind) {
    return new Value(kind.asLoadable(), CD_void, -1);
  }

  /** An object whose constructor has not run. */
  static Value raw(ClassDesc type, int madeAt) {
    return new Value(TypeKind.REFERENCE, type, madeAt);
  }

  boolean isRaw() {
    return madeAt >= 0;
  }

  boolean isNone() {
    return kind == TypeKind.VOID;
  }

  boolean isNull() {
    return equals(NULL);
  }
}
