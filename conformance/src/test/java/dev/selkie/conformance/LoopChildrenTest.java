package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Input;
import dev.selkie.runtime.Watch;
import dev.selkie.runtime.task.Task;
import dev.selkie.source.ChildProcess;
import dev.selkie.source.ExitStatus;
import dev.selkie.source.Redirect;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Children on an event loop, in each style. */
@LoopContract
final class LoopChildrenTest extends LoopCases {
  LoopChildrenTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void install() {
    ChildPrograms.install(kernel);
  }

  private ChildProcess exiting(int code) throws Exception {
    return ChildPrograms.quiet(kernel, "sh", "-c", "exit " + code).start();
  }

  @Test
  void theEndIsTakenByFutureTaskAndFiber() throws Exception {
    EventLoop loop = startedMounting();
    Incoming<ExitStatus> first = loop.attach(exiting(1));
    assertThat(result(first.takeAsync()).code()).isEqualTo(1);
    Incoming<ExitStatus> second = loop.attach(exiting(2));
    assertThat(result(loop.run(Task.take(second))).code()).isEqualTo(2);
    Incoming<ExitStatus> third = loop.attach(exiting(3));
    assertThat(result(loop.fiber(() -> third.take().code()))).isEqualTo(3);
    List.of(first, second, third).forEach(Incoming::close);
    assertThat(faults).isEmpty();
  }

  @Test
  void aFiberReadsTheOutputAndThenTakesTheEnd() throws Exception {
    EventLoop loop = startedMounting();
    ChildProcess child =
        ChildPrograms.quiet(kernel, "sh", "-c", "echo hello").output(Redirect.PIPE).start();
    Incoming<ExitStatus> end = loop.attach(child);
    Input output = loop.attach(child.output());
    String told =
        result(
            loop.fiber(() -> {
              ByteBuffer buffer = ByteBuffer.allocate(100);
              while (output.read(buffer) != Io.END) {
                // until the child has closed it
              }
              String text = StandardCharsets.UTF_8.decode(buffer.flip()).toString();
              return text + end.take();
            }));
    assertThat(told).isEqualTo("hello\nexit code 0");
    output.close();
    end.close();
    assertThat(faults).isEmpty();
  }

  @Test
  void outputAndEndComeToCallbacks() throws Exception {
    EventLoop loop = started();
    List<String> told = new CopyOnWriteArrayList<>();
    ChildProcess child =
        ChildPrograms.quiet(kernel, "cat").input(Redirect.PIPE).output(Redirect.PIPE).start();
    Watch ends =
        loop.watch(
            child,
            Interest.READABLE,
            (source, _) -> {
              ExitStatus status = source.poll();
              if (status != null) {
                told.add(status.toString());
              }
            });
    ByteBuffer buffer = ByteBuffer.allocate(100);
    Watch outputs =
        loop.watch(
            child.output(),
            Interest.READABLE,
            (source, _) -> {
              int n = source.read(buffer.clear());
              if (n > 0) {
                told.add(StandardCharsets.UTF_8.decode(buffer.flip()).toString());
                child.input().close();
              }
            });
    child.input().write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
    holds("the end is told", () -> told.contains("exit code 0"));
    assertThat(told).containsExactly("hello", "exit code 0");
    assertThat(result(loop.submit(() -> ends.cancel() && outputs.cancel()))).isTrue();
    child.close();
    assertThat(faults).isEmpty();
  }
}
