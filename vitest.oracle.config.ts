import { defineConfig } from 'vitest/config';

/** The second opinion: our decoders against tshark, frame by frame. */
export default defineConfig({
  test: { include: ['test/oracle/**/*.test.ts'], testTimeout: 900_000, hookTimeout: 180_000 },
});
