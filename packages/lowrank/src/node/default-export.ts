// The default export of a person's module. Node compiles TypeScript from 22.18 on; before, and for syntax that it does not
// support, jiti does.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const unsupported: readonly unknown[] = ["ERR_UNKNOWN_FILE_EXTENSION", "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"];

/** Runs the file. Throws whatever it throws. */
export async function defaultExport(file: string): Promise<unknown> {
  const path = resolve(file);
  try {
    const loaded: { readonly default?: unknown } = await import(pathToFileURL(path).href);
    return loaded.default;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && unsupported.includes(error.code))) throw error;
  }
  const { createJiti } = await import("jiti");
  return createJiti(path, { fsCache: false }).import(path, { default: true });
}
