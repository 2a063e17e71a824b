package dev.selkie.simulation;

/**
 * What a system may do one way or another without breaking its manual pages. Each is off unless the
 * network allows it, and then its {@linkplain SimulatedNetwork.Builder#allow(Freedom, double)
 * chance} and the seed decide at each opportunity.
 */
public enum Freedom {
  /** A wait returns its events in any order. */
  BATCH_ORDER,
  /** What one write sent over TCP arrives in several pieces, some of them later. */
  SPLIT_DATA,
  /** A read of a stream returns less than there is. */
  SHORT_READS,
  /** A write to a stream takes less than there is room for. */
  SHORT_WRITES,
  /** A batch of datagrams is received or sent in part. */
  SHORT_BATCHES,
  /** A datagram is lost on the way. */
  LOST_DATAGRAMS,
  /** A wait reports a source that is not ready. */
  SPURIOUS_EVENTS,
  /** A call that may be interrupted answers EINTR before it has done anything. */
  INTERRUPTIONS
}
