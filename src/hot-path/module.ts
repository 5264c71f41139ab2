/** The hot path as it was built (assembly/), and memory for it. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../package-file.ts';
import { UsageError } from '../usage-error.ts';

/** Compiled once for all facts of a process. */
let compiled: WebAssembly.Module | null = null;

/** @throws UsageError where the hot path cannot run */
export function hotPathModule(): WebAssembly.Module {
  if (typeof WebAssembly === 'undefined') {
    throw new UsageError('Node.js runs without WebAssembly, which lvs-doctor needs: start it without --jitless.');
  }
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
    throw new UsageError(
      `This processor (${process.arch}) is big-endian; a little-endian one was expected, such as x64 or arm64: copy the capture to one.`,
    );
  }
  compiled ??= new WebAssembly.Module(readFileSync(packageFile('dist/hot-path.wasm')));
  return compiled;
}

/**
 * Memory that never grows. Nobody shares it: but V8 collects garbage sooner for the size of other memory, of which most is never touched here.
 * @throws UsageError where there is no room in the address space: V8 reserves gigabytes of it, so that it need not check bounds
 */
export function hotPathMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `Memory for WebAssembly cannot be reserved (${reason}); ten gigabytes of address space were expected, of which little is ever used: lift the limit ('ulimit -v unlimited'), or set NODE_OPTIONS=--disable-wasm-trap-handler.`,
    );
  }
}
