package dev.selkie.kernel;

import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that hands every call to another one, through one hook.
 *
 * <p>{@link #call} sees each system call of each part, with its descriptor and length, and decides
 * whether and how it is made: {@link CountingKernel} counts there, {@link FaultyKernel} fails,
 * delays or shortens there. Reading the clock is no system call and does not pass the hook.
 */
public abstract class ForwardingKernel implements Kernel {
  private final Kernel delegate;
  private final Files files;
  private final Sockets sockets;
  private final Epoll epoll;
  private final Kqueue kqueue;
  private final Poll poll;
  private final Clock clock;
  private final Names names;

  /** A call that is ready to be made. */
  @FunctionalInterface
  protected interface Invocation {
    /**
     * Makes the call.
     *
     * @param length how many bytes to ask for, where the call moves bytes
     * @return its result, or a negative code
     */
    long run(long length);
  }

  /** A kernel in front of another. */
  protected ForwardingKernel(Kernel delegate) {
    this.delegate = Objects.requireNonNull(delegate, "delegate");
    this.files = new ForwardingFiles(delegate.files());
    this.sockets = new ForwardingSockets(delegate.sockets());
    this.epoll = new ForwardingEpoll(delegate.epoll());
    this.kqueue = new ForwardingKqueue(delegate.kqueue());
    this.poll = new ForwardingPoll(delegate.poll());
    this.clock = new ForwardingClock(delegate.clock());
    this.names = new ForwardingNames(delegate.names());
  }

  /**
   * The hook that every system call passes; any thread may be in it.
   *
   * @param call which call
   * @param descriptor what it is made on, or -1
   * @param length how many bytes it asks for, 0 where it moves none
   * @param invocation makes the call
   * @return the result that the caller sees: a count, or a negative code
   */
  protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
    return invocation.run(length);
  }

  /**
   * The hook that every wait of a queue passes on its way to {@link #call}: the calls that may
   * block, and only those, whatever the system calls them.
   *
   * @param timeoutNanos how long it may block: 0 not at all, a negative value without end
   */
  protected long await(SystemCall call, int descriptor, long timeoutNanos, Invocation invocation) {
    return call(call, descriptor, 0, invocation);
  }

  @Override
  public String name() {
    return delegate.name();
  }

  /** The class of this kernel, and what it stands in front of. */
  @Override
  public String description() {
    String type = getClass().getSimpleName();
    return (type.isEmpty() ? "ForwardingKernel" : type) + " on " + delegate.description();
  }

  @Override
  public Set<Facility> facilities() {
    return delegate.facilities();
  }

  @Override
  public int nativeErrno(Errno errno) {
    return delegate.nativeErrno(errno);
  }

  @Override
  public Files files() {
    return files;
  }

  @Override
  public Sockets sockets() {
    return sockets;
  }

  @Override
  public Epoll epoll() {
    return epoll;
  }

  @Override
  public Kqueue kqueue() {
    return kqueue;
  }

  @Override
  public Poll poll() {
    return poll;
  }

  @Override
  public Clock clock() {
    return clock;
  }

  @Override
  public Names names() {
    return names;
  }

  /** The calls that move bytes, by the names that they have for files or for sockets. */
  private abstract class ForwardingStreamCalls<P extends StreamCalls> implements StreamCalls {
    final P part;
    private final SystemCall reading;
    private final SystemCall readingVectors;
    private final SystemCall writing;
    private final SystemCall writingVectors;

    ForwardingStreamCalls(
        P part,
        SystemCall reading,
        SystemCall readingVectors,
        SystemCall writing,
        SystemCall writingVectors) {
      this.part = part;
      this.reading = reading;
      this.readingVectors = readingVectors;
      this.writing = writing;
      this.writingVectors = writingVectors;
    }

    @Override
    public final long read(int descriptor, long address, long length) {
      return call(reading, descriptor, length, limit -> part.read(descriptor, address, limit));
    }

    @Override
    public final long read(int descriptor, byte[] target, int offset, int length) {
      return call(
          reading, descriptor, length, limit -> part.read(descriptor, target, offset, (int) limit));
    }

    @Override
    public final long readv(
        int descriptor, ByteBuffer[] buffers, int first, int count, long length) {
      return call(
          readingVectors,
          descriptor,
          length,
          limit -> part.readv(descriptor, buffers, first, count, limit));
    }

    @Override
    public final long write(int descriptor, long address, long length) {
      return call(writing, descriptor, length, limit -> part.write(descriptor, address, limit));
    }

    @Override
    public final long write(int descriptor, byte[] source, int offset, int length) {
      return call(
          writing,
          descriptor,
          length,
          limit -> part.write(descriptor, source, offset, (int) limit));
    }

    @Override
    public final long writev(
        int descriptor, ByteBuffer[] buffers, int first, int count, long length) {
      return call(
          writingVectors,
          descriptor,
          length,
          limit -> part.writev(descriptor, buffers, first, count, limit));
    }
  }

  private final class ForwardingFiles extends ForwardingStreamCalls<Files> implements Files {
    ForwardingFiles(Files part) {
      super(part, SystemCall.READ, SystemCall.READV, SystemCall.WRITE, SystemCall.WRITEV);
    }

    @Override
    public int close(int descriptor) {
      return (int) call(SystemCall.CLOSE, descriptor, 0, _ -> part.close(descriptor));
    }

    @Override
    public int pipe(int[] ends) {
      return (int) call(SystemCall.PIPE, -1, 0, _ -> part.pipe(ends));
    }

    @Override
    public long splice(int from, int to, long length) {
      return call(SystemCall.SPLICE, from, length, limit -> part.splice(from, to, limit));
    }

    @Override
    public int duplicate(int descriptor) {
      return (int) call(SystemCall.DUP, descriptor, 0, _ -> part.duplicate(descriptor));
    }

    @Override
    public int duplicateTo(int descriptor, int number) {
      return (int) call(SystemCall.DUP, descriptor, 0, _ -> part.duplicateTo(descriptor, number));
    }

    @Override
    public int setNonBlocking(int descriptor, boolean nonBlocking) {
      return (int)
          call(SystemCall.FCNTL, descriptor, 0, _ -> part.setNonBlocking(descriptor, nonBlocking));
    }

    @Override
    public int isNonBlocking(int descriptor) {
      return (int) call(SystemCall.FCNTL, descriptor, 0, _ -> part.isNonBlocking(descriptor));
    }

    @Override
    public int eventfd(int initial) {
      return (int) call(SystemCall.EVENTFD, -1, 0, _ -> part.eventfd(initial));
    }

    @Override
    public int available(int descriptor) {
      return (int) call(SystemCall.IOCTL, descriptor, 0, _ -> part.available(descriptor));
    }

    @Override
    public int isRegular(int descriptor) {
      return (int) call(SystemCall.FSTAT, descriptor, 0, _ -> part.isRegular(descriptor));
    }

    @Override
    public int poll(int descriptor, int events) {
      return (int) call(SystemCall.POLL, descriptor, 0, _ -> part.poll(descriptor, events));
    }

    @Override
    public long descriptorLimit(boolean hard) {
      return call(SystemCall.GETRLIMIT, -1, 0, _ -> part.descriptorLimit(hard));
    }
  }

  private final class ForwardingSockets extends ForwardingStreamCalls<Sockets> implements Sockets {
    ForwardingSockets(Sockets part) {
      super(part, SystemCall.RECV, SystemCall.RECVMSG, SystemCall.SEND, SystemCall.SENDMSG);
    }

    @Override
    public int socket(Domain domain, Type type) {
      return (int) call(SystemCall.SOCKET, -1, 0, _ -> part.socket(domain, type));
    }

    @Override
    public int pair(Type type, int[] ends) {
      return (int) call(SystemCall.SOCKETPAIR, -1, 0, _ -> part.pair(type, ends));
    }

    @Override
    public int bind(int descriptor, SocketAddress address) {
      return (int) call(SystemCall.BIND, descriptor, 0, _ -> part.bind(descriptor, address));
    }

    @Override
    public int listen(int descriptor, int backlog) {
      return (int) call(SystemCall.LISTEN, descriptor, 0, _ -> part.listen(descriptor, backlog));
    }

    @Override
    public int accept(int descriptor, @Nullable AddressBuffer peer) {
      return (int) call(SystemCall.ACCEPT, descriptor, 0, _ -> part.accept(descriptor, peer));
    }

    @Override
    public int connect(int descriptor, SocketAddress address) {
      return (int) call(SystemCall.CONNECT, descriptor, 0, _ -> part.connect(descriptor, address));
    }

    @Override
    public int disconnect(int descriptor) {
      return (int) call(SystemCall.CONNECT, descriptor, 0, _ -> part.disconnect(descriptor));
    }

    // A message is moved whole or not at all: the hook has no length to shorten.

    private int receiving(int descriptor, @Nullable MessageHeader header, Invocation invocation) {
      SystemCall call = header == null ? SystemCall.RECV : SystemCall.RECVMSG;
      return (int) call(call, descriptor, 0, invocation);
    }

    private int sending(int descriptor, @Nullable MessageHeader header, Invocation invocation) {
      SystemCall call = header == null ? SystemCall.SEND : SystemCall.SENDMSG;
      return (int) call(call, descriptor, 0, invocation);
    }

    @Override
    public int receive(int descriptor, long address, int length, @Nullable MessageHeader header) {
      return receiving(descriptor, header, _ -> part.receive(descriptor, address, length, header));
    }

    @Override
    public int receive(
        int descriptor, byte[] target, int offset, int length, @Nullable MessageHeader header) {
      return receiving(
          descriptor, header, _ -> part.receive(descriptor, target, offset, length, header));
    }

    @Override
    public int send(int descriptor, long address, int length, @Nullable MessageHeader header) {
      return sending(descriptor, header, _ -> part.send(descriptor, address, length, header));
    }

    @Override
    public int send(
        int descriptor, byte[] source, int offset, int length, @Nullable MessageHeader header) {
      return sending(
          descriptor, header, _ -> part.send(descriptor, source, offset, length, header));
    }

    @Override
    public int shutdown(int descriptor, Direction direction) {
      return (int)
          call(SystemCall.SHUTDOWN, descriptor, 0, _ -> part.shutdown(descriptor, direction));
    }

    @Override
    public int localAddress(int descriptor, AddressBuffer address) {
      return (int)
          call(SystemCall.GETSOCKNAME, descriptor, 0, _ -> part.localAddress(descriptor, address));
    }

    @Override
    public int peerAddress(int descriptor, AddressBuffer address) {
      return (int)
          call(SystemCall.GETPEERNAME, descriptor, 0, _ -> part.peerAddress(descriptor, address));
    }

    @Override
    public long peek(int descriptor, long address, long length) {
      return call(
          SystemCall.RECV, descriptor, length, limit -> part.peek(descriptor, address, limit));
    }

    @Override
    public int sendUrgent(int descriptor, byte value) {
      return (int) call(SystemCall.SEND, descriptor, 0, _ -> part.sendUrgent(descriptor, value));
    }

    @Override
    public int receiveUrgent(int descriptor) {
      return (int) call(SystemCall.RECV, descriptor, 0, _ -> part.receiveUrgent(descriptor));
    }

    @Override
    public int setOption(int descriptor, SocketOption option, int value) {
      return (int)
          call(
              SystemCall.SETSOCKOPT, descriptor, 0, _ -> part.setOption(descriptor, option, value));
    }

    @Override
    public long getOption(int descriptor, SocketOption option) {
      return call(SystemCall.GETSOCKOPT, descriptor, 0, _ -> part.getOption(descriptor, option));
    }

    @Override
    public int setOption(int descriptor, SocketOption option, String value) {
      return (int)
          call(
              SystemCall.SETSOCKOPT, descriptor, 0, _ -> part.setOption(descriptor, option, value));
    }

    @Override
    public int getOption(int descriptor, SocketOption option, byte[] value) {
      return (int)
          call(
              SystemCall.GETSOCKOPT, descriptor, 0, _ -> part.getOption(descriptor, option, value));
    }
  }

  private final class ForwardingEpoll implements Epoll {
    private final Epoll part;

    ForwardingEpoll(Epoll part) {
      this.part = part;
    }

    @Override
    public int create() {
      return (int) call(SystemCall.EPOLL_CREATE, -1, 0, _ -> part.create());
    }

    @Override
    public int add(int queue, int descriptor, int events, long token) {
      return (int)
          call(
              SystemCall.EPOLL_CTL, descriptor, 0, _ -> part.add(queue, descriptor, events, token));
    }

    @Override
    public int modify(int queue, int descriptor, int events, long token) {
      return (int)
          call(
              SystemCall.EPOLL_CTL,
              descriptor,
              0,
              _ -> part.modify(queue, descriptor, events, token));
    }

    @Override
    public int delete(int queue, int descriptor) {
      return (int) call(SystemCall.EPOLL_CTL, descriptor, 0, _ -> part.delete(queue, descriptor));
    }

    @Override
    public int await(int queue, EventBatch batch, long timeoutNanos) {
      return (int)
          ForwardingKernel.this.await(
              SystemCall.EPOLL_WAIT,
              queue,
              timeoutNanos,
              _ -> part.await(queue, batch, timeoutNanos));
    }

    @Override
    public EventBatch newBatch(int capacity) {
      return part.newBatch(capacity);
    }
  }

  private final class ForwardingKqueue implements Kqueue {
    private final Kqueue part;

    ForwardingKqueue(Kqueue part) {
      this.part = part;
    }

    @Override
    public int create() {
      return (int) call(SystemCall.KQUEUE, -1, 0, _ -> part.create());
    }

    @Override
    public boolean has(int filter) {
      return part.has(filter);
    }

    @Override
    public ChangeBatch newChanges(int capacity) {
      return part.newChanges(capacity);
    }

    @Override
    public KeventBatch newBatch(int capacity) {
      return part.newBatch(capacity);
    }

    @Override
    public int change(int queue, ChangeBatch changes, int count, KeventBatch receipts) {
      return (int)
          call(
              SystemCall.KEVENT_CHANGE,
              queue,
              0,
              _ -> part.change(queue, changes, count, receipts));
    }

    @Override
    public int await(
        int queue, @Nullable ChangeBatch changes, int count, KeventBatch batch, long timeoutNanos) {
      return (int)
          ForwardingKernel.this.await(
              SystemCall.KEVENT,
              queue,
              timeoutNanos,
              _ -> part.await(queue, changes, count, batch, timeoutNanos));
    }
  }

  private final class ForwardingPoll implements Poll {
    private final Poll part;

    ForwardingPoll(Poll part) {
      this.part = part;
    }

    @Override
    public boolean hasPeerClosed() {
      return part.hasPeerClosed();
    }

    @Override
    public boolean hasNanoseconds() {
      return part.hasNanoseconds();
    }

    @Override
    public PollSet newSet(int capacity) {
      return part.newSet(capacity);
    }

    @Override
    public int await(PollSet set, int count, long timeoutNanos) {
      return (int)
          ForwardingKernel.this.await(
              SystemCall.POLL, -1, timeoutNanos, _ -> part.await(set, count, timeoutNanos));
    }
  }

  private final class ForwardingClock implements Clock {
    private final Clock part;

    ForwardingClock(Clock part) {
      this.part = part;
    }

    @Override
    public long nanoTime() {
      return part.nanoTime();
    }

    @Override
    public long currentTimeMillis() {
      return part.currentTimeMillis();
    }

    @Override
    public int sleep(long nanos) {
      return (int) call(SystemCall.SLEEP, -1, 0, _ -> part.sleep(nanos));
    }
  }

  private final class ForwardingNames implements Names {
    private final Names part;

    ForwardingNames(Names part) {
      this.part = part;
    }

    @Override
    public int resolve(String host, Consumer<? super InetAddress> addresses) {
      return (int) call(SystemCall.RESOLVE, -1, 0, _ -> part.resolve(host, addresses));
    }
  }
}
