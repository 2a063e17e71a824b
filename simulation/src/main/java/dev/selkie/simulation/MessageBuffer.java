package dev.selkie.simulation;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The messages that wait in a Unix socket, with what each is charged to its sender and what goes
 * with it. Grows to what it has to hold, and allocates nothing else.
 */
final class MessageBuffer {
  private byte[] bytes = new byte[1 << 10];
  private int[] lengths = new int[16];
  private int[] charges = new int[16];
  private @Nullable Parcel[] parcels = new @Nullable Parcel[16];
  private int head;
  private int size;
  private int firstMessage;
  private int messages;

  boolean isEmpty() {
    return messages == 0;
  }

  int size() {
    return size;
  }

  /** What is left of the first message. */
  int firstLength() {
    return lengths[firstMessage];
  }

  int count() {
    return messages;
  }

  /** What goes with the first message. */
  Parcel firstParcel() {
    return Objects.requireNonNull(parcels[firstMessage]);
  }

  void setFirstParcel(Parcel parcel) {
    parcels[firstMessage] = parcel;
  }

  void add(Transfer source, int length, int charge, Parcel parcel) {
    if (messages == lengths.length) {
      growMessages();
    }
    if (size + length > bytes.length) {
      growBytes(size + length);
    }
    int at = (firstMessage + messages++) & (lengths.length - 1);
    lengths[at] = length;
    charges[at] = charge;
    parcels[at] = parcel;
    int start = (head + size) & (bytes.length - 1);
    int piece = Math.min(length, bytes.length - start);
    source.get(bytes, start, piece);
    source.get(bytes, 0, length - piece);
    size += length;
  }

  /** Copies bytes from an offset on, and leaves them. */
  void copy(Transfer target, int offset, int length) {
    int start = (head + offset) & (bytes.length - 1);
    int piece = Math.min(length, bytes.length - start);
    target.put(bytes, start, piece);
    target.put(bytes, 0, length - piece);
  }

  /** Drops bytes of the first message; its charge once all of it has gone, 0 before. */
  int drop(int length) {
    head = (head + length) & (bytes.length - 1);
    size -= length;
    lengths[firstMessage] -= length;
    if (lengths[firstMessage] > 0) {
      return 0;
    }
    int charge = charges[firstMessage];
    parcels[firstMessage] = null;
    firstMessage = (firstMessage + 1) & (lengths.length - 1);
    messages--;
    return charge;
  }

  private void growMessages() {
    int[] moreLengths = new int[lengths.length * 2];
    int[] moreCharges = new int[lengths.length * 2];
    @Nullable Parcel[] moreParcels = new @Nullable Parcel[lengths.length * 2];
    for (int i = 0; i < messages; i++) {
      moreLengths[i] = lengths[(firstMessage + i) & (lengths.length - 1)];
      moreCharges[i] = charges[(firstMessage + i) & (lengths.length - 1)];
      moreParcels[i] = parcels[(firstMessage + i) & (lengths.length - 1)];
    }
    lengths = moreLengths;
    charges = moreCharges;
    parcels = moreParcels;
    firstMessage = 0;
  }

  private void growBytes(int needed) {
    byte[] more = new byte[Integer.highestOneBit(Math.max(needed, 2) - 1) * 2];
    int piece = Math.min(size, bytes.length - head);
    System.arraycopy(bytes, head, more, 0, piece);
    System.arraycopy(bytes, 0, more, piece, size - piece);
    bytes = more;
    head = 0;
  }

  void clear() {
    Arrays.fill(lengths, 0);
    Arrays.fill(parcels, null);
    messages = 0;
    size = 0;
  }
}
