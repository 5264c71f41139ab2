/** Native packages that capture: npm installs them where it can, and nothing but live capture needs them. */
import { createRequire } from 'node:module';
import { CannotCapture } from './cannot-capture.ts';

/**
 * What the package, or a file of it, exports. Not by import(), which takes no native binding.
 * @throws CannotCapture when it is not installed, or was built for another system
 */
export function loadOptional(name: string, help: string): unknown {
  try {
    return createRequire(import.meta.url)(name);
  } catch (error) {
    const [packageName] = name.split('/');
    const isMissing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    throw new CannotCapture(
      isMissing ? `the package ${packageName} is not installed` : `the package ${packageName} cannot be loaded (${firstSentence(error)})`,
      help,
    );
  }
}

function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ').split(/\.( |$)/)[0]!;
}
