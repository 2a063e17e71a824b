package dev.selkie.conformance.agreement;

import java.util.ArrayList;
import java.util.List;

/** What an open file must and may report, as far as the steps so far tell. */
abstract class OpenModel {
  /** The descriptors by which it is open. */
  final List<Integer> numbers = new ArrayList<>();

  /** Its registrations: one a number, which outlives the number while another is open. */
  final List<Item> items = new ArrayList<>();

  /** What it is, for messages and for the cells. */
  abstract String source();

  /** The conditions that hold for sure, at the latest after what is under way has arrived. */
  abstract int must();

  /** The conditions that may hold. */
  abstract int may();

  /** Whether all that was done to it has taken effect when the call returns. */
  boolean isSettled() {
    return true;
  }

  /** Something happened to it that may make an edge; {@code owed} are conditions that must. */
  final void touched(int owed) {
    int edges = edgesOfATouch();
    items.forEach(item -> item.touched(edges, owed));
  }

  /** How many reports one step may bring about. */
  int edgesOfATouch() {
    return 1;
  }

  /** Its last descriptor was closed. */
  abstract void released();

  @Override
  public String toString() {
    return source();
  }
}
