package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;

import dev.selkie.runtime.task.Task;

/** The shapes that a method can have, as small as they can be. */
final class Shapes {
  private Shapes() {}

  static Task<Integer> sum(Iterable<Task<Integer>> tasks) {
    int sum = 0;
    for (Task<Integer> task : tasks) {
      sum += await(task);
    }
    return Task.of(sum);
  }

  static Task<String> guarded(Task<String> task, AutoCloseable last) throws Exception {
    try {
      return Task.of(await(task));
    } catch (IllegalStateException e) {
      return Task.failed(e);
    } finally {
      last.close();
    }
  }

  static Task<StringBuilder> made(Task<String> task) {
    return Task.of(new StringBuilder(await(task)));
  }
}
