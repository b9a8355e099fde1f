// Which files make an adapter, and how large each may be: files from outside are bounded before they are read.

import { AdapterFilesError } from "./errors.ts";
import type { AdapterFolder } from "./shelf-folder.ts";

const megabyte = 1_000_000;

/** Most bytes of each file that is taken over; others are not looked at. */
export const mostBytes: ReadonlyMap<string, number> = new Map([
  ["adapter_config.json", 4 * megabyte],
  ["adapter_model.safetensors", 600 * megabyte],
  ["README.md", megabyte],
  ["tokenizer.json", 64 * megabyte],
  ["tokenizer_config.json", 4 * megabyte],
  ["special_tokens_map.json", megabyte],
  ["added_tokens.json", megabyte],
  ["chat_template.jinja", megabyte],
]);

export const needed = ["adapter_config.json", "adapter_model.safetensors"] as const;

/** Throws AdapterFilesError for a file that is larger than its kind may be. */
export function checkSize(given: string, file: string, bytes: number): void {
  const most = mostBytes.get(file) ?? 0;
  if (bytes > most)
    throw new AdapterFilesError(given, `${file} has ${bytes} bytes, more than the ${most} that are read`);
}

/** Throws AdapterFilesError unless both halves are there. */
export function checkWhole(given: string, folder: AdapterFolder): void {
  const missing = needed.filter((file) => !folder.has(file));
  if (missing.length > 0) throw new AdapterFilesError(given, `there is no ${missing.join(" and no ")}`);
}
