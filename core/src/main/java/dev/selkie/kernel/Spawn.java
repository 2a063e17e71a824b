package dev.selkie.kernel;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a child is started with, for {@link Processes#spawn}. A signal that this process blocks or
 * ignores is not blocked nor ignored in it.
 *
 * @param program the file to execute; without a {@code /} it is looked for on this process's {@code
 *     PATH}
 * @param arguments what the program is given, the first being its name
 * @param environment the whole environment, {@code NAME=value} each
 * @param folder the working folder, or null for this process's own
 * @param descriptors the numbers that the child has, each with the number here that it is a
 *     duplicate of; all others are closed in it
 * @param group the process group that it joins: 0 for one of its own, -1 for this process's own
 */
public record Spawn(
    String program,
    List<String> arguments,
    List<String> environment,
    @Nullable String folder,
    Map<Integer, Integer> descriptors,
    int group) {
  /** A request of copies. */
  public Spawn {
    arguments = List.copyOf(arguments);
    environment = List.copyOf(environment);
    descriptors = Map.copyOf(descriptors);
  }
}
