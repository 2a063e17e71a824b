package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Generator;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Watch;
import dev.selkie.runtime.task.Task;
import dev.selkie.source.FileChange;
import dev.selkie.source.FileChangeSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** File changes on a loop, in the styles of the runtime. */
@LoopContract
final class LoopFileChangeTest extends LoopCases {
  private Disk disk;
  private FileChangeSource source;

  LoopFileChangeTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void open() throws IOException {
    disk = Disk.of(kernel);
    source = FileChangeSource.open(kernel);
    source.watchTree(disk.root);
  }

  @AfterEach
  void close() throws IOException {
    source.close();
    disk.close();
  }

  private String name(FileChange change) {
    return disk.root.relativize(change.path()).toString();
  }

  @Test
  void changesAreTakenByFutureTaskFiberAndGenerator() throws Exception {
    EventLoop loop = startedMounting();
    Incoming<FileChange> changes = loop.attach(source);
    disk.makeFolder("a");
    assertThat(name(result(changes.takeAsync()))).isEqualTo("a");
    disk.makeFolder("a/b");
    assertThat(name(result(loop.run(Task.take(changes))))).isEqualTo("a/b");
    Future<String> fiber = loop.fiber(() -> name(changes.take()));
    disk.makeFolder("a/b/c");
    assertThat(result(fiber)).isEqualTo("a/b/c");
    Future<List<String>> generated =
        loop.fiber(() -> {
          List<String> names = new ArrayList<>();
          try (Generator<FileChange> all =
              Generator.of(out -> {
                while (true) {
                  out.yield(changes.take());
                }
              })) {
            for (FileChange change : all) {
              names.add(name(change));
              if (names.size() == 2) {
                break;
              }
            }
          }
          return names;
        });
    disk.makeFolder("a/b/c/d");
    disk.makeFolder("a/b/c/d/e");
    assertThat(result(generated)).containsExactly("a/b/c/d", "a/b/c/d/e");
    changes.close();
    assertThat(faults).isEmpty();
  }

  @Test
  void changesAreTakenByACallback() throws Exception {
    EventLoop loop = started();
    List<String> taken = new CopyOnWriteArrayList<>();
    Watch watch =
        loop.watch(
            source,
            Interest.READABLE,
            (ready, _) -> {
              for (FileChange next = ready.poll(); next != null; next = ready.poll()) {
                taken.add(name(next));
              }
            });
    disk.makeFolder("a");
    disk.makeFolder("a/b");
    holds("two changes", () -> taken.size() >= 2);
    assertThat(result(loop.submit(watch::cancel))).isTrue();
    assertThat(taken).containsExactly("a", "a/b");
    assertThat(faults).isEmpty();
  }
}
