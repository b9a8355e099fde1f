// Finds the TypeScript examples in READMEs and doc comments, so that what we show is what runs.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface Example {
  /** "packages/math/README.md:12": where the example begins. */
  readonly where: string;
  readonly code: string;
}

export const root = join(import.meta.dirname, "../../..");

/** Every ```ts block of a Markdown file. */
export function markdownExamples(path: string): readonly Example[] {
  return blocks(path, readFileSync(path, "utf8"));
}

/** Every ```ts block inside a doc comment of a package's sources. */
export function documentationExamples(packageFolder: string): readonly Example[] {
  return sources(join(packageFolder, "src")).flatMap((path) => {
    const lines = readFileSync(path, "utf8").split("\n");
    const comments = lines.map((line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? "");
    return blocks(path, comments.join("\n"));
  });
}

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts") ? [path] : [];
  });
}

function blocks(path: string, text: string): readonly Example[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => ({
    where: `${relative(root, path)}:${text.slice(0, match.index).split("\n").length}`,
    code: match[1] ?? "",
  }));
}
