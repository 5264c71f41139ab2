/** The heap of a process that reads much. */

let isKept = false;

/**
 * What a judgement makes and nobody needs any more is collected when it is a fifth of the heap, not when it is as large again. And the heap's young part
 * would grow by leaps, up to 32 MB, for the sake of time that only captures of ten thousands of machines take: as small as it begins is enough.
 */
export function keepHeapSmall(): void {
  if (isKept) return;
  isKept = true;
  // Loaded by who needs it: it takes as long as to diagnose some hundred frames.
  const v8 = process.getBuiltinModule('node:v8');
  v8.setFlagsFromString('--heap-growing-percent=20');
  v8.setFlagsFromString('--semi-space-growth-factor=1');
}
