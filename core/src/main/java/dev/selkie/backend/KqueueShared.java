package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Kqueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the parts of a kqueue backend share.
 *
 * @param kqueue the kernel's calls
 * @param queue the queue's descriptor
 * @param waker what ends a wait
 * @param waiter whose wait it is
 * @param table what the kernel was told; changed under the lock
 * @param held what the next wait reports; under the lock
 * @param lock serializes all changes
 */
record KqueueShared(
    Kqueue kqueue,
    DescriptorLifetime queue,
    KqueueWaker waker,
    KqueueWaiter waiter,
    KnoteTable table,
    HeldEvents held,
    ReentrantLock lock) {
  static KqueueShared of(Kqueue kqueue, DescriptorLifetime queue, KqueueWaker waker) {
    return new KqueueShared(
        kqueue,
        queue,
        waker,
        new KqueueWaiter(waker),
        new KnoteTable(),
        new HeldEvents(),
        new BargingLock());
  }
}
