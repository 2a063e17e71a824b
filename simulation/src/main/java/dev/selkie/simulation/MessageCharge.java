package dev.selkie.simulation;

/**
 * What Linux charges for a message in a socket: the memory that holds it, not its length. So a send
 * buffer of 208 KiB takes 278 messages of one byte over a Unix socket, and a receive buffer 256
 * over UDP.
 */
final class MessageCharge {
  /** What a datagram must leave of the send buffer. */
  static final int MESSAGE_OVERHEAD = 32;

  private static final int PAGE = 4096;
  private static final int CACHE_LINE = 64;

  /** struct sk_buff, and struct skb_shared_info at the end of the data, rounded to cache lines. */
  private static final int HEADER = 256;

  private static final int SHARED_INFO = 320;
  private static final int MOST_IN_A_PAGE = PAGE - SHARED_INFO;
  private static final int MOST_LINEAR = 4 * PAGE - SHARED_INFO;
  private static final int MOST_OF_STREAM = MOST_IN_A_PAGE + 8 * PAGE;
  private static final int SMALLEST_BLOCK = 512;

  /** The headers of a datagram, and the room that is left for those of the device. */
  private static final int DATAGRAM_HEADERS = 44;

  /** Where network messages come from a cache of their own, with a block of 576 bytes. */
  private static final int SMALLEST_DATAGRAM = 832;

  private MessageCharge() {}

  /** The most that one message of a stream carries. */
  static int mostOfStream(int sendBuffer) {
    return Math.min((sendBuffer >> 1) - CACHE_LINE, MOST_OF_STREAM);
  }

  static int ofStream(int length) {
    int inPages = Math.min(pages(Math.max(0, length - MOST_IN_A_PAGE)), length);
    return of(length - inPages, inPages);
  }

  static int ofMessage(int length) {
    int inPages = length > MOST_LINEAR ? Math.min(pages(length - MOST_LINEAR), length) : 0;
    return of(length - inPages, inPages);
  }

  static int ofDatagram(int length) {
    return Math.max(ofMessage(length + DATAGRAM_HEADERS), SMALLEST_DATAGRAM);
  }

  private static int of(int linear, int inPages) {
    int block = ((linear + CACHE_LINE - 1) & -CACHE_LINE) + SHARED_INFO;
    int rounded = SMALLEST_BLOCK;
    while (rounded < block) {
      rounded *= 2;
    }
    return rounded + HEADER + pages(inPages);
  }

  private static int pages(int bytes) {
    return (bytes + PAGE - 1) & -PAGE;
  }
}
