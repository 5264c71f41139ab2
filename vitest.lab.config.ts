import { defineConfig } from 'vitest/config';

/** Real clusters in network namespaces, broken, captured and diagnosed. */
export default defineConfig({
  test: { include: ['test/lab/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 180_000 },
});
