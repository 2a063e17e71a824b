package dev.selkie.net;

/**
 * Who is behind a Unix socket, or a message from one.
 *
 * <p>The numbers are those of the reader's own name spaces. A process may be gone, and its number
 * another's: decide by the user, and use the process for messages.
 *
 * @param pid the process; -1 where the system does not tell it, 0 if it is not to be seen
 * @param uid the user
 * @param gid the user's first group
 */
public record PeerCredentials(int pid, long uid, long gid) {
  /** As a system has them: users and groups without a sign. */
  static PeerCredentials of(int pid, int uid, int gid) {
    return new PeerCredentials(pid, Integer.toUnsignedLong(uid), Integer.toUnsignedLong(gid));
  }
}
