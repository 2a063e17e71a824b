/** The programs by futures: what comes next is a stage that follows the last operation. */
@org.jspecify.annotations.NullMarked
package dev.selkie.cli.futures;
