import static java.lang.foreign.ValueLayout.*;

import dev.selkie.*;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.foreign.*;
import java.lang.invoke.*;
import java.time.Duration;
import java.util.*;

/**
 * Gets several URLs at once by libcurl, on one thread and one event queue, and prints how much each
 * has brought.
 *
 * <p>A recipe: a C library that brings its own descriptors. libcurl's multi interface, {@code
 * curl_multi_socket_action}, says by callbacks which descriptors it wants to be told of, and when
 * it wants to be called at the latest; {@link RawSource#borrow} lends them to the queue.
 */
static final int CURLOPT_URL = 10002;

static final int CURLOPT_WRITEFUNCTION = 20011;
static final int CURLOPT_WRITEDATA = 10001;
static final int CURLMOPT_SOCKETFUNCTION = 20001;
static final int CURLMOPT_TIMERFUNCTION = 20004;
static final int CURL_POLL_REMOVE = 4;
static final int CURL_SOCKET_TIMEOUT = -1;

static final Arena ARENA = Arena.global();
static final Linker LINKER = Linker.nativeLinker();
static final SymbolLookup CURL = library("libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib");

static SymbolLookup library(String... names) {
  for (String name : names) {
    try {
      return SymbolLookup.libraryLookup(name, ARENA);
    } catch (IllegalArgumentException e) {
      // the next one
    }
  }
  System.err.println("libcurl is not installed");
  System.exit(1);
  throw new AssertionError();
}

static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
  return LINKER.downcallHandle(
      CURL.findOrThrow(name), FunctionDescriptor.of(result, parameters));
}

/** A function that takes an option's number and a pointer: the third argument is variadic. */
static MethodHandle setter(String name) {
  return LINKER.downcallHandle(
      CURL.findOrThrow(name),
      FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS),
      Linker.Option.firstVariadicArg(2));
}

static final Map<Integer, Registration<Integer>> REGISTRATIONS = new HashMap<>();
static final Map<Long, long[]> BROUGHT = new LinkedHashMap<>();
static EventQueue<Integer> queue;

/** When libcurl wants to be called at the latest, by System.nanoTime; none: Long.MAX_VALUE. */
static long deadline = Long.MAX_VALUE;

/** Called by libcurl: what it wants to know of a descriptor. */
static int socketCallback(
    MemorySegment easy, int number, int what, MemorySegment user, MemorySegment socket) {
  try {
    Registration<Integer> registration = REGISTRATIONS.remove(number);
    if (registration != null) {
      registration.source().close(); // borrowed: this ends the registration, not the descriptor
    }
    if (what != CURL_POLL_REMOVE) {
      Interest interest =
          List.of(Interest.NONE, Interest.READABLE, Interest.WRITABLE, Interest.READABLE_WRITABLE)
              .get(what);
      REGISTRATIONS.put(number, queue.register(RawSource.borrow(number), interest, number));
    }
    return 0;
  } catch (IOException e) {
    System.err.println(e.getMessage());
    return -1; // an upcall must not throw
  }
}

/** Called by libcurl: in how many milliseconds it wants to be called, -1 for not at all. */
static int timerCallback(MemorySegment multi, long millis, MemorySegment user) {
  deadline = millis < 0 ? Long.MAX_VALUE : System.nanoTime() + millis * 1_000_000;
  return 0;
}

/** Called by libcurl: bytes have come. */
static long writeCallback(MemorySegment bytes, long size, long count, MemorySegment user) {
  BROUGHT.get(user.address())[0] += size * count;
  return size * count;
}

static MemorySegment callback(String name, FunctionDescriptor shape) throws Exception {
  MethodHandles.Lookup own = MethodHandles.lookup();
  MethodHandle method = own.findStatic(own.lookupClass(), name, shape.toMethodType());
  return LINKER.upcallStub(method, shape, ARENA);
}

void main(String[] urls) throws Throwable {
  if (urls.length == 0) {
    System.err.println("give some URLs");
    System.exit(2);
  }
  var setEasy = setter("curl_easy_setopt");
  var setMulti = setter("curl_multi_setopt");
  var action =
      function("curl_multi_socket_action", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  var add = function("curl_multi_add_handle", JAVA_INT, ADDRESS, ADDRESS);
  var infoRead = function("curl_multi_info_read", ADDRESS, ADDRESS, ADDRESS);
  var multi = (MemorySegment) function("curl_multi_init", ADDRESS).invokeExact();
  int ok =
      (int)
          setMulti.invokeExact(
              multi,
              CURLMOPT_SOCKETFUNCTION,
              callback(
                  "socketCallback",
                  FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS)));
  ok =
      (int)
          setMulti.invokeExact(
              multi,
              CURLMOPT_TIMERFUNCTION,
              callback(
                  "timerCallback", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS)));
  MemorySegment write =
      callback(
          "writeCallback",
          FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));
  queue = EventQueue.open();
  MemorySegment running = ARENA.allocate(JAVA_INT);
  MemorySegment left = ARENA.allocate(JAVA_INT);
  Map<Long, String> names = new HashMap<>();
  for (String url : urls) {
    var easy = (MemorySegment) function("curl_easy_init", ADDRESS).invokeExact();
    names.put(easy.address(), url);
    BROUGHT.put(easy.address(), new long[1]);
    ok = (int) setEasy.invokeExact(easy, CURLOPT_URL, ARENA.allocateFrom(url));
    ok = (int) setEasy.invokeExact(easy, CURLOPT_WRITEFUNCTION, write);
    ok = (int) setEasy.invokeExact(easy, CURLOPT_WRITEDATA, easy);
    ok = (int) add.invokeExact(multi, easy);
  }
  do {
    Duration wait =
        deadline == Long.MAX_VALUE
            ? Duration.ofSeconds(1)
            : Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    for (Event<Integer> event : queue.await(wait)) { // callbacks may change what is registered
      int bits =
          (event.isReadable() ? 1 : 0) | (event.isWritable() ? 2 : 0) | (event.isError() ? 4 : 0);
      ok = (int) action.invokeExact(multi, (int) event.attachment(), bits, running);
    }
    if (System.nanoTime() - deadline >= 0) {
      deadline = Long.MAX_VALUE;
      ok = (int) action.invokeExact(multi, CURL_SOCKET_TIMEOUT, 0, running);
    }
    MemorySegment message; // struct CURLMsg: what, a handle, a result
    while ((message = (MemorySegment) infoRead.invokeExact(multi, left)).address() != 0) {
      message = message.reinterpret(24);
      long easy = message.get(JAVA_LONG, 8);
      int result = message.get(JAVA_INT, 16);
      IO.println(
          names.get(easy)
              + (result == 0 ? ": " + BROUGHT.get(easy)[0] + " bytes" : ": error " + result));
    }
  } while (running.get(JAVA_INT, 0) > 0);
  queue.close();
}
