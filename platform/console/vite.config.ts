import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  build: { outDir: '../xingji/static/console', emptyOutDir: true, manifest: true, chunkSizeWarningLimit: 1000, target: 'es2020', assetsInlineLimit: 0 },
  test: { include: ['src/**/*.test.ts'] },
});
