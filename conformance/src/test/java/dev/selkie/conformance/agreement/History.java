package dev.selkie.conformance.agreement;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A sequence of steps, made from a seed.
 *
 * @param steps what is done, in order
 */
record History(List<Step> steps) {
  private static final int LENGTH = 60;

  /** The history of a seed: it opens sources before anything else, and waits at its end. */
  static History of(long seed) {
    Random random = new Random(seed);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      steps.add(new Step(Step.Kind.OPEN, random.nextInt(1 << 20), 0));
      steps.add(new Step(Step.Kind.ADD, random.nextInt(1 << 20), random.nextInt(1 << 20)));
    }
    while (steps.size() < LENGTH) {
      steps.add(Step.any(random));
    }
    steps.add(new Step(Step.Kind.WAIT, 0, 0));
    return new History(List.copyOf(steps));
  }

  /** A history without what the failure does not need: steps are taken out as long as it fails. */
  History shrunk(Predicate<History> fails) {
    List<Step> left = new ArrayList<>(steps);
    for (int piece = left.size() / 2; piece > 0; piece /= 2) {
      int from = 0;
      while (from < left.size()) {
        List<Step> fewer = new ArrayList<>(left);
        fewer.subList(from, Math.min(from + piece, fewer.size())).clear();
        if (fails.test(new History(fewer))) {
          left = fewer;
        } else {
          from += piece;
        }
      }
    }
    return new History(List.copyOf(left));
  }

  @Override
  public String toString() {
    return steps.stream().map(Step::toString).collect(Collectors.joining("\n  ", "\n  ", ""));
  }
}
