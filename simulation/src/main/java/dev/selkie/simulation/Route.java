package dev.selkie.simulation;

/** What becomes of messages from one address to another. */
public enum Route {
  /** They arrive. */
  OPEN,
  /**
   * They are lost: connections being made time out, made ones stand still until it is open.
   * Datagrams do not come back.
   */
  LOST,
  /** The network is known not to be reachable: connect(2) answers ENETUNREACH at once. */
  NO_NETWORK,
  /**
   * Nobody answers for the address: connections fail with EHOSTUNREACH after three seconds, and
   * connected datagram sockets are told.
   */
  NO_HOST
}
