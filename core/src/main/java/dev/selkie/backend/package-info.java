/** What each system's readiness queue does with the same few requests: the policy of epoll. */
package dev.selkie.backend;
