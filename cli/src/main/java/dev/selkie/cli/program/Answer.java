package dev.selkie.cli.program;

import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * What a delay server answers, and when.
 *
 * @param delay how long it waits before
 * @param bytes what it sends then; nothing if a client went away without a word
 */
public record Answer(Duration delay, ByteBuffer bytes) {}
