import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/oracle/**', 'test/lab/**'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    maxWorkers: '100%',
  },
});
