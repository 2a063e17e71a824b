package dev.selkie.cli.program;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.EventLoopGroup;
import java.io.IOException;

/** A client on event loops, in whatever style its requests are made. */
public final class LoopClient {
  /** How a request is made. */
  public interface Program {
    /** Begins a request; on the loop's thread. */
    void ask(EventLoop loop, Asking asking, Asked asked);
  }

  private LoopClient() {}

  /** Asks everything on so many loops, and waits for the end of every request. */
  public static void ask(Asking asking, int loops, Program program)
      throws IOException, InterruptedException {
    try (EventLoopGroup group =
        EventLoopGroup.builder()
            .loops(loops)
            .name("client")
            .eachLoop(loop ->
                loop.kernel(asking.kernel()).uncaughtExceptionHandler((_, e) -> asking.crashed(e)))
            .start()) {
      for (Asked next = asking.await(); next != null; next = asking.await()) {
        ask(group.next(), asking, next, program);
      }
    }
  }

  private static void ask(EventLoop loop, Asking asking, Asked asked, Program program) {
    loop.execute(() -> program.ask(loop, asking, asked));
  }
}
