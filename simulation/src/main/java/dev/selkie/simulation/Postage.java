package dev.selkie.simulation;

/**
 * How a datagram travels.
 *
 * @param hopLimit how many routers it may pass; a simulated network has none
 * @param trafficClass its type of service or traffic class
 * @param interfaceIndex by which interface it leaves and arrives
 * @param segment the length of each datagram that one call sends; the call's own when it sends one
 * @param returns whether members of a group on the sender's host hear it
 */
record Postage(int hopLimit, int trafficClass, int interfaceIndex, int segment, boolean returns) {
  /** The number of the loopback interface. */
  static final int LOOPBACK = 1;

  /** The number of the other interface. */
  static final int NETWORK = 2;

  /** Whether it is one of several that one call has sent; those have one postage object. */
  boolean isSegmented() {
    return segment != Integer.MAX_VALUE;
  }
}
