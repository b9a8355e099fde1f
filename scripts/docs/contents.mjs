// What the site consists of.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The pages beside the README that opens the site; "docs/" stands for every page directly in that folder. */
const pages = [
  "README.ko.md",
  "FEATURES.md",
  "docs/",
  "docs/guides/",
  "examples/",
  "packages/tiny-model/README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "STYLE.md",
  "SECURITY.md",
  "benchmarks/README.md",
  "experiments/README.md",
  "fuzz/README.md",
  "docs/decisions/",
];

/** The paths of the pages. */
export function pagesOf(root) {
  return pages.flatMap((page) => {
    if (!page.endsWith("/")) return join(root, page);
    const files = readdirSync(join(root, page)).filter((name) => name.endsWith(".md"));
    return files.sort().map((name) => join(root, page, name));
  });
}

/**
 * What a program can import, as the packages' own manifests say it:
 * `{ name: "@lowrank/data/node", source: "/…/packages/data/src/node.ts" }`, a package's main entry also with its `readme`.
 */
export function modulesOf(root) {
  return readdirSync(join(root, "packages")).flatMap((folder) => {
    const path = (file) => join(root, "packages", folder, file);
    if (!existsSync(path("package.json"))) return [];
    const { name, private: isPrivate, exports = {} } = JSON.parse(readFileSync(path("package.json"), "utf8"));
    if (isPrivate) return [];
    return Object.entries(exports).flatMap(([entry, { "lowrank-source": source }]) => {
      if (source === undefined) return [];
      const module = { name: join(name, entry), source: path(source) };
      return entry === "." ? { ...module, readme: path("README.md") } : module;
    });
  });
}
