package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Files;
import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Spawn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One call of posix_spawn(3): what it is given, and what it needs until it returns. */
final class NativeSpawn {
  /*
   * The C library makes the child without a copy of this process's memory, and blocks all signals
   * until the program is executed: nothing of the JVM runs in it. What the child is to have is told
   * by actions, which it takes one after the other:
   *
   * 1. The working folder.
   * 2. Each of its descriptors by dup2(2), which clears close-on-exec. So that none of them
   *    overwrites one that is still to be duplicated, those that bear a number of the child's are
   *    duplicated here first, to numbers beyond.
   * 3. All others are closed: close-on-exec does not do, since the JDK does not set it on all of
   *    its own. What lies between the child's numbers is closed one by one.
   */
  private static final String PART = "processes";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle SPAWN = Native.function(PART, "posix_spawnp");
  private static final MethodHandle ACTIONS_INIT =
      Native.function(PART, "posix_spawn_file_actions_init");
  private static final MethodHandle ACTIONS_DESTROY =
      Native.function(PART, "posix_spawn_file_actions_destroy");
  private static final MethodHandle ADD_DUP =
      Native.function(PART, "posix_spawn_file_actions_adddup2");
  private static final MethodHandle ADD_CLOSE =
      Native.function(PART, "posix_spawn_file_actions_addclose");
  private static final MethodHandle ATTRIBUTES_INIT = Native.function(PART, "posix_spawnattr_init");
  private static final MethodHandle ATTRIBUTES_DESTROY =
      Native.function(PART, "posix_spawnattr_destroy");
  private static final MethodHandle SET_FLAGS = Native.function(PART, "posix_spawnattr_setflags");
  private static final MethodHandle SET_GROUP = Native.function(PART, "posix_spawnattr_setpgroup");
  private static final MethodHandle SET_DEFAULTS =
      Native.function(PART, "posix_spawnattr_setsigdefault");
  private static final MethodHandle SET_MASK = Native.function(PART, "posix_spawnattr_setsigmask");
  private static final MethodHandle FCNTL = Native.variadic("files", "fcntl");
  private static final MethodHandle CLOSE = Native.function("files", "close");

  /** glibc 2.34, FreeBSD 14. */
  private static final @Nullable MethodHandle ADD_CLOSE_FROM =
      Native.optional(PART, "posix_spawn_file_actions_addclosefrom_np");

  /** glibc 2.29, musl 1.1.24, macOS 10.15, FreeBSD 13.1; without the suffix since POSIX 2024. */
  private static final @Nullable MethodHandle ADD_FOLDER = folderAction();

  private static final int F_DUPFD_CLOEXEC = PROFILE.constant("F_DUPFD_CLOEXEC");
  private static final int F_GETFD = PROFILE.constant("F_GETFD");

  /** macOS: what no action made is closed. */
  private static final OptionalInt CLOSES_ALL = PROFILE.find("POSIX_SPAWN_CLOEXEC_DEFAULT");

  private static final int SIGNALS_BYTES = PROFILE.size("sigset_t");

  /** Room for either opaque struct, of which the largest is glibc's attributes, 336 bytes. */
  private static final int OPAQUE_BYTES = 1024;

  private final Spawn spawn;
  private final Arena arena;
  private final CallState state;
  private final MemorySegment actions;
  private final MemorySegment attributes;
  private final List<Integer> duplicates = new ArrayList<>();

  /** The first number that is beyond all of the child's. */
  private final int beyond;

  private NativeSpawn(Spawn spawn, Arena arena, CallState state) {
    this.spawn = spawn;
    this.arena = arena;
    this.state = state;
    this.actions = arena.allocate(OPAQUE_BYTES, Long.BYTES);
    this.attributes = arena.allocate(OPAQUE_BYTES, Long.BYTES);
    this.beyond = 1 + spawn.descriptors().keySet().stream().reduce(-1, Math::max);
  }

  private static @Nullable MethodHandle folderAction() {
    MethodHandle early = Native.optional(PART, "posix_spawn_file_actions_addchdir_np");
    return early != null ? early : Native.optional(PART, "posix_spawn_file_actions_addchdir");
  }

  /** Starts a program: the child's number, or a negative canonical error. */
  static int spawn(Spawn spawn) {
    CallState state = CallState.enter();
    try (Arena arena = Arena.ofConfined()) {
      return new NativeSpawn(spawn, arena, state).run();
    } finally {
      state.exit();
    }
  }

  private int run() {
    int made = call(ACTIONS_INIT, actions.address(), 0);
    if (made < 0) {
      return made;
    }
    try {
      int attributed = call(ATTRIBUTES_INIT, attributes.address(), 0);
      if (attributed < 0) {
        return attributed;
      }
      try {
        return prepareAndStart();
      } finally {
        call(ATTRIBUTES_DESTROY, attributes.address(), 0);
      }
    } finally {
      duplicates.forEach(number -> NativeCall.callInt(CLOSE, state, number, 0, 0));
      call(ACTIONS_DESTROY, actions.address(), 0);
    }
  }

  private int prepareAndStart() {
    int result = addFolder();
    if (result == 0) {
      result = addDescriptors();
    }
    if (result == 0) {
      result = addClosing();
    }
    if (result == 0) {
      result = setAttributes();
    }
    return result == 0 ? start() : result;
  }

  private int addFolder() {
    String folder = spawn.folder();
    if (folder == null) {
      return 0;
    }
    if (ADD_FOLDER == null) {
      return Result.ENOSYS;
    }
    return call(ADD_FOLDER, actions.address(), text(folder));
  }

  private int addDescriptors() {
    for (Map.Entry<Integer, Integer> entry : new TreeMap<>(spawn.descriptors()).entrySet()) {
      int from = entry.getValue();
      if (spawn.descriptors().containsKey(from)) {
        from = NativeCall.callVariadic(FCNTL, state, from, F_DUPFD_CLOEXEC, beyond);
        if (from < 0) {
          return from;
        }
        duplicates.add(from);
      }
      int result = call(ADD_DUP, actions.address(), from, entry.getKey());
      if (result < 0) {
        return result;
      }
    }
    return 0;
  }

  private int addClosing() {
    if (CLOSES_ALL.isPresent()) {
      return 0;
    }
    int result = 0;
    for (int number = 0; number < beyond && result == 0; number++) {
      boolean open = ADD_CLOSE_FROM != null || isOpen(number); // those with it do not mind
      if (!spawn.descriptors().containsKey(number) && open) {
        result = call(ADD_CLOSE, actions.address(), number);
      }
    }
    if (result < 0) {
      return result;
    }
    return ADD_CLOSE_FROM == null
        ? addClosingOfEach()
        : call(ADD_CLOSE_FROM, actions.address(), beyond);
  }

  /** For a system that cannot close them in one: a descriptor that comes about now is missed. */
  private int addClosingOfEach() {
    Files files = new NativeFiles();
    int folder = files.open("/proc/self/fd", Files.O_DIRECTORY, 0);
    if (folder < 0) {
      return addClosingUpTo((int) Math.min(files.descriptorLimit(false), MOST_TRIED));
    }
    FolderListing listing = new FolderListing();
    int result = Math.min(files.list(folder, listing), 0);
    files.close(folder);
    for (int i = 0; i < listing.size() && result == 0; i++) {
      int number = Integer.parseInt(listing.name(i));
      if (number >= beyond && isOpen(number)) {
        result = call(ADD_CLOSE, actions.address(), number);
      }
    }
    return result;
  }

  private static final int MOST_TRIED = 1 << 16;

  private int addClosingUpTo(int limit) {
    int result = 0;
    for (int number = beyond; number < limit && result == 0; number++) {
      if (isOpen(number)) {
        result = call(ADD_CLOSE, actions.address(), number);
      }
    }
    return result;
  }

  private boolean isOpen(int number) {
    return NativeCall.callVariadic(FCNTL, state, number, F_GETFD, 0) >= 0;
  }

  private int setAttributes() {
    int flags = PROFILE.constant("POSIX_SPAWN_SETSIGDEF") | CLOSES_ALL.orElse(0);
    flags |= PROFILE.constant("POSIX_SPAWN_SETSIGMASK");
    MemorySegment signals = arena.allocate(SIGNALS_BYTES, Long.BYTES);
    int result = call(SET_MASK, attributes.address(), signals.address());
    if (result == 0) {
      // A set is a bit for each signal on all systems; one that there is not is passed over.
      result = call(SET_DEFAULTS, attributes.address(), signals.fill((byte) -1).address());
    }
    if (result == 0 && spawn.group() >= 0) {
      flags |= PROFILE.constant("POSIX_SPAWN_SETPGROUP");
      result = call(SET_GROUP, attributes.address(), spawn.group());
    }
    return result == 0 ? call(SET_FLAGS, attributes.address(), flags) : result;
  }

  private int start() {
    MemorySegment child = arena.allocate(ValueLayout.JAVA_INT);
    int error =
        NativeCall.callInt(
            SPAWN,
            state,
            child.address(),
            text(spawn.program()),
            actions.address(),
            attributes.address(),
            texts(spawn.arguments()),
            texts(spawn.environment()));
    return error == 0 ? child.get(ValueLayout.JAVA_INT, 0) : -PROFILE.canonicalErrno(error);
  }

  private long texts(List<String> all) {
    MemorySegment pointers = arena.allocate(ValueLayout.JAVA_LONG, all.size() + 1L);
    for (int i = 0; i < all.size(); i++) {
      pointers.setAtIndex(ValueLayout.JAVA_LONG, i, text(all.get(i)));
    }
    return pointers.address(); // the last is null
  }

  private long text(String text) {
    byte[] bytes = NativeEnvironment.bytes(text); // allocateFrom takes a few charsets only
    MemorySegment memory = arena.allocate(bytes.length + 1L); // zeroed, so it ends by a NUL
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return memory.address();
  }

  /** These return their error. */
  private int call(MethodHandle function, long a, long b) {
    return call(function, a, b, 0);
  }

  private int call(MethodHandle function, long a, long b, long c) {
    int error = NativeCall.callInt(function, state, a, b, c);
    return error == 0 ? 0 : -PROFILE.canonicalErrno(error);
  }
}
