/** The threads in which Node.js reads files. */

/**
 * One thread for all reads: two that read at the same time take the processor from who judges what was read, and one that has the next read waiting for it
 * need not be woken. Node.js starts its threads with the first read that waits; whoever set their number has his way.
 */
export function readInOneThread(): void {
  process.env.UV_THREADPOOL_SIZE ??= '1';
}
