// Files that are there whole or not at all, on the disk when the call returns.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";

export function keepText(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  const file = openSync(fresh, "w");
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(fresh, path);
}

export const keep = (path: string, value: unknown): void => keepText(path, JSON.stringify(value, null, 2) + "\n");

/** What is kept there, or null. */
export const findText = (path: string): string | null => (existsSync(path) ? readFileSync(path, "utf8") : null);
