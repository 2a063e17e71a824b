package dev.selkie.conformance;

import dev.selkie.ByteInput;
import dev.selkie.EventQueue;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipeReader;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Open files with their descriptors, and random changes of them and of their registrations. */
final class RegistrationModel implements AutoCloseable {
  private static final int MOST_FILES = 8;
  private static final int MOST_HANDLES = 3;
  private static final int MOST_PENDING = 5_000;

  private final Configuration configuration;
  private final Kernel kernel;
  private final EventQueue<ModelHandle.Tag> queue;
  private final Random random;
  private final List<ModelFile> files = new ArrayList<>();

  RegistrationModel(
      Configuration configuration,
      Kernel kernel,
      EventQueue<ModelHandle.Tag> queue,
      Random random) {
    this.configuration = configuration;
    this.kernel = kernel;
    this.queue = queue;
    this.random = random;
  }

  /** Who must be reported by the next waits. */
  List<ModelHandle> due() {
    return handles().stream().filter(ModelHandle::isDue).toList();
  }

  /** Who must be reported by each wait. */
  List<ModelHandle> dueAtEachWait() {
    return handles().stream().filter(ModelHandle::isDueAtEachWait).toList();
  }

  private List<ModelHandle> handles() {
    return files.stream().flatMap(file -> file.handles.stream()).toList();
  }

  private @Nullable ModelHandle any(boolean registered) {
    List<ModelHandle> some =
        handles().stream().filter(handle -> handle.isRegistered() == registered).toList();
    return some.isEmpty() ? null : some.get(random.nextInt(some.size()));
  }

  /** Ends a registration, by cancel or close. */
  void endOne() {
    ModelHandle handle = any(true);
    if (handle == null) {
      return;
    }
    if (random.nextBoolean()) {
      handle.cancel();
    } else {
      close(handle);
    }
  }

  /** One random change. */
  void change() throws IOException {
    if (files.isEmpty()) {
      openFile();
      return;
    }
    switch (random.nextInt(20)) {
      case 0 -> openFile();
      case 1, 2, 3 -> register();
      case 4, 5 -> modify();
      case 6, 7 -> rearm();
      case 8 -> endOne();
      case 9, 10, 11, 12 -> send();
      case 13, 14 -> read(true);
      case 15, 16 -> read(false);
      case 17 -> duplicate();
      case 18 -> readopt();
      default -> closeSomething();
    }
  }

  private ModelFile anyFile() {
    return files.get(random.nextInt(files.size()));
  }

  private ModelHandle anyHandle() {
    List<ModelHandle> handles = anyFile().handles;
    return handles.get(random.nextInt(handles.size()));
  }

  private void openFile() throws IOException {
    if (files.size() < MOST_FILES) {
      PairKind kind = PairKind.any(random);
      ModelFile file = new ModelFile(kind.open(configuration, kernel));
      file.handles.add(new ModelHandle(file, file.pair.reader()));
      files.add(file);
    }
  }

  private int conditions() {
    int conditions = random.nextInt(8);
    return configuration.has(Ability.PEER_CLOSED) ? conditions : conditions & 3;
  }

  private boolean edge() {
    return configuration.has(Ability.EDGE) && random.nextBoolean();
  }

  private void register() throws IOException {
    ModelHandle handle = any(false);
    if (handle != null) {
      handle.register(queue, conditions(), edge(), random.nextBoolean());
    }
  }

  private void modify() throws IOException {
    ModelHandle handle = any(true);
    if (handle != null) {
      handle.modify(conditions(), edge(), random.nextBoolean(), random.nextBoolean());
    }
  }

  private void rearm() throws IOException {
    ModelHandle handle = any(true);
    if (handle != null) {
      handle.rearm();
    }
  }

  private void send() throws IOException {
    ModelFile file = anyFile();
    if (!file.peerClosed && file.pending < MOST_PENDING) {
      file.send(1 + random.nextInt(500));
    }
  }

  private void read(boolean all) throws IOException {
    ModelFile file = anyFile();
    if (file.pending > 0) {
      file.read(all ? file.pending : 1 + random.nextInt(file.pending));
    }
  }

  private void duplicate() throws IOException {
    ModelFile file = anyFile();
    if (file.handles.size() < MOST_HANDLES) {
      ByteInput source = file.handles.getFirst().source;
      int number = kernel.files().duplicate(source.descriptor().number());
      file.handles.add(new ModelHandle(file, RawSource.own(kernel, number)));
    }
  }

  /** Gives a descriptor up and takes the same number again. */
  private void readopt() throws IOException {
    ModelHandle handle = anyHandle();
    int number =
        switch (handle.source) {
          case TcpStream stream -> stream.detach();
          case PipeReader reader -> reader.detach();
          case RawSource raw -> raw.detach();
          default -> throw new AssertionError(handle.source);
        };
    handle.ended();
    handle.file.handles.remove(handle);
    handle.file.handles.add(new ModelHandle(handle.file, RawSource.own(kernel, number)));
  }

  private void closeSomething() {
    ModelFile file = anyFile();
    if (!file.peerClosed && random.nextBoolean()) {
      file.closePeer();
    } else {
      close(anyHandle());
    }
  }

  private void close(ModelHandle handle) {
    handle.source.close();
    handle.ended();
    ModelFile file = handle.file;
    file.handles.remove(handle);
    if (file.handles.isEmpty()) {
      file.pair.close();
      files.remove(file);
    }
  }

  @Override
  public void close() {
    for (ModelFile file : files) {
      file.handles.forEach(handle -> handle.source.close());
      file.pair.close();
    }
  }
}
