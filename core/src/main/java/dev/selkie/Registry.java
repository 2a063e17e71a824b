package dev.selkie;

import dev.selkie.backend.Backend;
import dev.selkie.backend.BargingLock;
import dev.selkie.backend.Readiness;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registrations of a queue and their changes, which may come from any thread.
 *
 * <p>Changes are serialized by one lock; the way from a wait to the user's code ({@link #find},
 * {@link #alwaysReady}) does not take it.
 */
final class Registry<A> {
  private final Kernel kernel;
  private final Backend backend;
  private final WakeState state;
  private final DescriptorLifetime.Registrar registrar = new SourceEnds();
  private final ReentrantLock lock = new BargingLock();
  private final Consumer<? super Registration<A>> sourceClosed;
  private final SlotTable<A> slots = new SlotTable<>();
  private final AlwaysReady<A> alwaysReady = new AlwaysReady<>();

  Registry(
      Kernel kernel,
      Backend backend,
      WakeState state,
      Consumer<? super Registration<A>> sourceClosed) {
    this.kernel = kernel;
    this.backend = backend;
    this.state = state;
    this.sourceClosed = sourceClosed;
  }

  /** The live registration that an event's token names, or null. */
  @Nullable Registration<A> find(long token) {
    return slots.find(token);
  }

  /** The registrations that the queue reports itself. */
  AlwaysReady<A> alwaysReady() {
    return alwaysReady;
  }

  int size() {
    return slots.size();
  }

  Registration<A> register(Source source, Interest interest, A attachment) throws IOException {
    int bits = interest.bits();
    DescriptorLifetime lifetime = admitted(source, bits);
    lifetime.acquireOrThrow();
    lock.lock();
    try {
      checkOpen();
      Registration<A> holder = slots.ofNumber(lifetime.number());
      if (holder != null && holder.lifetime() == lifetime) {
        throw new IllegalStateException(
            lifetime.holder() + " " + lifetime + " is registered in this queue: modify that");
      }
      if (source instanceof EventQueue<?> queue) {
        queue.export(); // before it is added, lest a wake between the two be lost
      }
      Registration<A> registration =
          new Registration<>(this, source, lifetime, slots.allocate(), attachment);
      registration.update(bits, attachment);
      slots.put(registration);
      try {
        add(registration, holder);
      } catch (IOException | RuntimeException | Error e) {
        registration.invalidate();
        slots.remove(registration);
        throw e;
      }
      return registration;
    } finally {
      lock.unlock();
      lifetime.release();
    }
  }

  @SuppressWarnings("ReferenceEquality") // a kernel is itself: one host, one object
  private DescriptorLifetime admitted(Source source, int interest) {
    DescriptorLifetime lifetime =
        source instanceof EventQueue<?> queue ? queue.lifetime() : source.descriptor().lifetime();
    if (lifetime == backend.descriptor()) {
      throw new IllegalArgumentException("a queue cannot be registered in itself");
    }
    if (lifetime.kernel() != kernel) {
      String theirs = lifetime.kernel().description();
      String own = kernel.description();
      throw new IllegalArgumentException(
          "the %s belongs to another kernel (%s) than the queue (%s%s)"
                  .formatted(lifetime.holder(), theirs, own.equals(theirs) ? "another " : "", own)
              + ": give the same kernel to the queue and to bind, connect or open");
    }
    refuseUnknown(source, interest);
    return lifetime;
  }

  private void refuseUnknown(Source source, int interest) {
    String refusal = backend.refusal(interest, source instanceof EventQueue);
    if (refusal != null) {
      throw new UnsupportedOperationException(refusal);
    }
  }

  /** Adds a new registration; {@code holder} is what was registered with its number before. */
  private void add(Registration<A> registration, @Nullable Registration<A> holder)
      throws IOException {
    assert lock.isHeldByCurrentThread();
    DescriptorLifetime lifetime = registration.lifetime();
    int bits = asked(registration, registration.interestBits());
    if (holder != null && (isSilent(asked(holder, holder.interestBits())) || isSilent(bits))) {
      // The system is not told of interest in nothing, so it cannot say whose the number is.
      throw taken(lifetime, holder);
    }
    int result = addToSystem(registration, bits, holder);
    if (holder != null && result == Result.EEXIST && mayBeReused(holder)) {
      backend.remove(lifetime.number(), holder.interestBits());
      result = backend.add(lifetime.number(), bits, registration.token());
    }
    if (holder != null
        && (result == Result.EEXIST || (result == Result.EPERM && alwaysReady.has(holder)))) {
      throw taken(lifetime, holder);
    }
    if (result == Result.EEXIST && lifetime.isOpen()) {
      // Left by an open file that came back under its number, or by a delete that failed.
      backend.remove(lifetime.number(), bits);
      result = backend.add(lifetime.number(), bits, registration.token());
    }
    if (result < 0 && result != Result.EPERM) {
      if (!lifetime.isOpen()) {
        throw new ClosedChannelException(); // its close has begun: whatever the system says
      }
      throw refused(registration, result);
    }
    if (!lifetime.attach(registrar)) {
      backend.remove(lifetime.number(), bits);
      throw new ClosedChannelException();
    }
    if (holder != null) {
      // The system took the number as new: what was registered with it is closed since.
      forget(holder);
    }
    slots.index(registration);
    if (result == Result.EPERM) {
      alwaysReady.add(registration);
      tellWaiter();
    }
  }

  private int addToSystem(
      Registration<A> registration, int bits, @Nullable Registration<A> holder) {
    int number = registration.lifetime().number();
    if (backend.knowsFiles()
        || !registration.lifetime().isForeignFile()
        || kernel.files().kind(number) != Files.S_IFREG) {
      return backend.add(number, bits, registration.token());
    }
    if (holder != null && !alwaysReady.has(holder)) {
      backend.remove(number, holder.interestBits()); // of another open file, closed since
    }
    return Result.EPERM;
  }

  private SystemCallException refused(Registration<A> registration, int result) {
    DescriptorLifetime lifetime = registration.lifetime();
    return result == Result.EINVAL && !backend.knowsFiles() && lifetime.isForeignFile()
        ? failure(
            "register",
            lifetime + ", which it does not watch: open a terminal by its own name, not /dev/tty",
            result)
        : failure("register", lifetime, result);
  }

  /**
   * Whether a number may stand for another open file than the registered one: where the system does
   * not say so, an owner would have told its close, and who lent the number would not.
   */
  private boolean mayBeReused(Registration<A> holder) {
    return !backend.knowsReuse() && holder.lifetime().isBorrowed();
  }

  /** Replaces what is given, and keeps what is null, whatever other threads modify. */
  void modify(Registration<A> registration, @Nullable Interest interest, @Nullable A replacement)
      throws IOException {
    if (interest != null) {
      refuseUnknown(registration.source(), interest.bits());
    }
    DescriptorLifetime lifetime = registration.lifetime();
    lock.lock();
    try {
      checkValid(registration);
      int before = registration.interestBits();
      int after = interest == null ? before : interest.bits();
      if (!backend.modifiable(before) || !backend.modifiable(after)) {
        throw new UnsupportedOperationException(
            backend.name() + " cannot modify to or from exclusive interest: cancel and register");
      }
      A attachmentBefore = registration.attachment();
      A attachment = replacement == null ? attachmentBefore : replacement;
      lifetime.acquireOrThrow();
      // First, so that an event of the new interest finds it; the kernel may report before it
      // returns.
      registration.update(after, attachment);
      int result = change(registration, before, after);
      lifetime.release();
      if (result < 0) {
        registration.update(before, attachmentBefore);
        throw failure("modify", lifetime, result);
      }
    } finally {
      lock.unlock();
    }
  }

  private int change(Registration<A> registration, int before, int after) {
    if (alwaysReady.arm(registration)) {
      tellWaiter();
      return 0;
    }
    int number = registration.lifetime().number();
    int result =
        backend.modify(
            number, asked(registration, before), asked(registration, after), registration.token());
    if (result == Result.EPERM) {
      alwaysReady.add(registration);
      tellWaiter();
      return 0;
    }
    return result;
  }

  /** Ends a registration; false if it has ended. A queue whose close has begun ends it as well. */
  boolean cancel(Registration<A> registration) {
    lock.lock();
    try {
      if (!registration.isValid()) {
        return false;
      }
      DescriptorLifetime lifetime = registration.lifetime();
      if (!lifetime.acquire()) {
        // Its close waits for this lock to do the rest, with the delete that it may need.
        registration.invalidate();
        return true;
      }
      forget(registration);
      // A number that was closed behind our back answers ENOENT or EBADF, and is nobody's.
      backend.remove(lifetime.number(), asked(registration, registration.interestBits()));
      lifetime.release();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a registration here, without a call to the system. */
  private void forget(Registration<A> registration) {
    assert lock.isHeldByCurrentThread();
    registration.invalidate();
    alwaysReady.remove(registration);
    slots.remove(registration);
    registration.lifetime().detach(registrar);
  }

  /** Makes the waiting thread, or a foreign loop, look at what the system does not know. */
  private void tellWaiter() {
    if (state.needsWrite()) {
      backend.wake();
    }
  }

  private void checkOpen() {
    if (state.isClosed()) {
      throw new ClosedQueueException();
    }
  }

  private void checkValid(Registration<A> registration) {
    checkOpen();
    if (!registration.isValid()) {
      throw new IllegalStateException(
          "the registration of the " + registration.lifetime().holder() + " has ended");
    }
  }

  /** What the system is asked for: a queue is never writable, and kqueue refuses to look. */
  private static int asked(Registration<?> registration, int interest) {
    return registration.source() instanceof EventQueue ? interest & ~Readiness.WRITABLE : interest;
  }

  private static boolean isSilent(int interest) {
    return (interest & Readiness.CONDITIONS) == 0;
  }

  private IllegalStateException taken(DescriptorLifetime lifetime, Registration<A> holder) {
    return new IllegalStateException(
        "%s is registered in this queue by another source (%s): cancel that registration first"
            .formatted(lifetime, holder.lifetime().holder()));
  }

  private SystemCallException failure(String action, Object subject, int result) {
    return new SystemCallException(backend.name() + " " + action, subject, result, kernel);
  }

  /** What sources tell their queues. */
  private final class SourceEnds extends DescriptorLifetime.Registrar {
    @Override
    public void descriptorClosing(DescriptorLifetime ending, boolean delete) {
      Registration<A> registration;
      lock.lock();
      try {
        registration = slots.ofNumber(ending.number());
        if (registration == null || registration.lifetime() != ending) {
          return;
        }
        forget(registration);
        if (delete || backend.removesBeforeClose()) {
          backend.remove(ending.number(), asked(registration, registration.interestBits()));
        }
      } finally {
        lock.unlock();
      }
      sourceClosed.accept(registration);
    }

    @Override
    public void descriptorReplaced(DescriptorLifetime replaced) {
      lock.lock();
      try {
        Registration<A> registration = slots.ofNumber(replaced.number());
        if (registration != null && registration.lifetime() == replaced) {
          backend.add(
              replaced.number(),
              asked(registration, registration.interestBits()),
              registration.token());
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Gets rid of what the system still reports of open files whose descriptors were closed here, by
   * a fresh queue with the live registrations.
   *
   * @return whether it was done; without a free descriptor it is not
   */
  boolean rebuild() {
    lock.lock();
    try {
      slots.forEach(this::dropOrphan);
      backend.rebuild();
      slots.forEach(this::addAnew);
    } catch (IOException e) {
      return false;
    } finally {
      lock.unlock();
    }
    DescriptorLifetime descriptor = backend.descriptor();
    if (descriptor != null) {
      descriptor.replaced(); // outer queues take their own locks
    }
    return true;
  }

  /** Ends a registration whose number the system does not know as registered any more. */
  private void dropOrphan(Registration<A> registration) {
    int bits = asked(registration, registration.interestBits());
    if (isSilent(bits) || alwaysReady.has(registration)) {
      return; // the system was not told
    }
    int number = registration.lifetime().number();
    if (!backend.isRegistered(number, bits, registration.token())) {
      forget(registration);
      backend.remove(number, bits); // what is known of it here: the fresh queue may not come
    }
  }

  /** Adds a registration to a fresh queue; one that the system does not take again has ended. */
  private void addAnew(Registration<A> registration) {
    if (alwaysReady.has(registration)) {
      return;
    }
    int number = registration.lifetime().number();
    int result =
        backend.add(number, asked(registration, registration.interestBits()), registration.token());
    if (result < 0 && result != Result.EPERM) {
      forget(registration);
    }
  }

  /** The live registrations, as they were at one moment. */
  List<Registration<A>> snapshot() {
    lock.lock();
    try {
      List<Registration<A>> live = new ArrayList<>(slots.size());
      slots.forEach(live::add);
      return live;
    } finally {
      lock.unlock();
    }
  }

  /** Ends all registrations, before the system's queue is closed. */
  void endAll() {
    lock.lock();
    try {
      slots.forEach(this::forget);
    } finally {
      lock.unlock();
    }
  }
}
