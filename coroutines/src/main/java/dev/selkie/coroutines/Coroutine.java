package dev.selkie.coroutines;

import dev.selkie.runtime.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * A method, or a lambda, that awaits tasks and returns one: code in sequence, which gives its
 * thread back at each wait.
 *
 * {@snippet file="dev/selkie/coroutines/Requests.java" region="sequence"}
 *
 * <p>{@link Weaver}, a step of the build after the compiler, makes it lazy: a call keeps the
 * arguments in a new task and runs nothing; polled, that task runs the method up to an {@link
 * #await} whose task is pending, keeps the local variables that are needed later, and goes on from
 * there when it is polled again. Loops, conditions, {@code try}, {@code catch} and {@code finally},
 * {@code switch} and awaits within expressions work as they read. It comes to what the task comes
 * to that it returns, most often {@link Task#of}.
 *
 * <p>An exception of the awaited task is thrown by {@code await}, and an exception of the method is
 * the failure of its task. When the task is cancelled while it waits, so is what it awaits, and
 * {@code await} throws an {@link Error}, so that the {@code finally} blocks run; it is to pass. An
 * await within them cancels its task and throws as well.
 *
 * <p>After 64 awaits in a row that were ready at once it is pending and woken, so that others go
 * on. A coroutine may change threads at an await. So it does not await while it holds a monitor:
 * that is refused by the weaver, as is a method that awaits and does not return {@code Task}.
 */
public final class Coroutine {
  private Coroutine() {}

  /**
   * What a task comes to; until then, the coroutine that calls this is pending.
   *
   * @param <T> the type of the value
   * @param <X> what the task may fail with, for who wants to catch a checked exception by its type:
   *     {@code Coroutine.<Integer, IOException>await(…)}. Left out, it is unchecked for the
   *     compiler; {@code catch (Exception e)} has it too
   * @param task a task that nobody else polls
   * @throws X if the task fails; whatever it fails with is thrown
   * @throws IllegalStateException if the class was not woven
   */
  @SuppressWarnings("DoNotCallSuggester") // woven, it does not throw
  public static <T extends @Nullable Object, X extends Exception> T await(Task<? extends T> task)
      throws X {
    throw new IllegalStateException(
        "await in a class that was not woven: run "
            + Weaver.class.getName()
            + " on the folder of its class file, after the compiler");
  }
}
