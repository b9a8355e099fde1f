// Facts as JSON in a store. What cannot be read counts as not there: a page must start with whatever an older one left.

import type { Store } from "./store.ts";

/** The parsed file; undefined where there is none, or none that `isFacts` accepts. */
export async function readJsonFile<T>(
  store: Store,
  path: string,
  isFacts: (value: unknown) => value is T,
): Promise<T | undefined> {
  const bytes = await store.read(path);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isFacts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a value as JSON. Throws QuotaError. */
export function writeJsonFile(store: Store, path: string, value: unknown): Promise<void> {
  return store.write(path, new TextEncoder().encode(JSON.stringify(value)));
}
