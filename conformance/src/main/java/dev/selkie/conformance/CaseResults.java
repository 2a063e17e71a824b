package dev.selkie.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The results of the cases of one run, written at its end to the folder that the property {@code
 * dev.selkie.conformance.results} names: a file for each class, so that several runs add up.
 */
final class CaseResults implements AutoCloseable {
  /** The property that names the folder; without it nothing is written. */
  static final String FOLDER = "dev.selkie.conformance.results";

  private final List<CaseResult> results = new ArrayList<>(); // guarded by itself

  void add(CaseResult result) {
    synchronized (results) {
      results.add(result);
    }
  }

  @Override
  public void close() throws IOException {
    String folder = System.getProperty(FOLDER);
    if (folder == null) {
      return;
    }
    TreeMap<String, List<String>> files = new TreeMap<>();
    synchronized (results) {
      for (CaseResult result : results) {
        files.computeIfAbsent(result.type(), _ -> new ArrayList<>()).add(result.line());
      }
    }
    Files.createDirectories(Path.of(folder));
    for (var file : files.entrySet()) {
      Files.write(Path.of(folder, file.getKey() + ".tsv"), file.getValue());
    }
  }
}
