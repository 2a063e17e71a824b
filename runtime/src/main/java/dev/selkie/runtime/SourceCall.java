package dev.selkie.runtime;

import java.io.IOException;

/**
 * A call of a source that no operation of the runtime has, made as any other in every style: a
 * thread or fiber is parked, a future done, a waker called, once it has a result. So are
 * descriptors passed and taken, {@code connection.input().read(() -> stream.receive(buffer,
 * data))}.
 *
 * <p>It is made on whichever thread has the operation, once or more, and never twice at a time.
 */
@FunctionalInterface
public interface SourceCall {
  /**
   * Makes the call, which does not wait.
   *
   * @return what it returned: a count of bytes or {@link dev.selkie.Io#END}; {@link
   *     dev.selkie.Io#NOT_READY} if it is to be made again when the source is ready
   */
  int attempt() throws IOException;
}
