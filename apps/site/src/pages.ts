// The pages of the site: for each file of the navigation its title and its path on the site.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { apiFolder, root } from "./places.ts";
import { labels, notPages, sections } from "./sections.ts";

export interface Page {
  /** The Markdown file, from the repository's root. */
  readonly file: string;
  /** The page on the site, such as "guides/onnx.md". */
  readonly path: string;
  /** The heading, or what the table says instead. */
  readonly title: string;
  readonly section: string;
  readonly group: string;
}

const api = relative(root, apiFolder);

/** In the order of the navigation. */
export function readPages(): readonly Page[] {
  return sections.flatMap(({ title: section, groups }) =>
    Object.entries(groups).flatMap(([group, entries]) =>
      entries
        .flatMap(filesOf)
        .map((file) => ({ file, path: pathOf(file, section), title: titleOf(file), section, group })),
    ),
  );
}

/** Patterns of the Markdown files below the repository's root that are no pages: of folders that the navigation does not name. */
export function excludedPatterns(): readonly string[] {
  const named = new Set(
    Object.values(sections).flatMap(({ groups }) =>
      Object.values(groups)
        .flat()
        .map((entry) => entry.split("/")[0]),
    ),
  );
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !named.has(entry.name),
  );
  return [...folders.map(({ name }) => `${name}/**`), ...notPages];
}

/** True for the pages that npm run docs writes. */
export function isApi(file: string): boolean {
  return file.startsWith(`${api}/`);
}

function filesOf(entry: string): readonly string[] {
  if (!entry.endsWith("/")) return [entry];
  const folder = join(root, entry);
  if (!existsSync(folder)) return [];
  const isDeep = entry === `${api}/`;
  const names = readdirSync(folder, { recursive: isDeep, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  const isIndex = (name: string) => Number(name === "index.md");
  return names
    .sort((one, other) => isIndex(other) - isIndex(one) || (one < other ? -1 : 1))
    .map((name) => entry + name);
}

function pathOf(file: string, section: string): string {
  if (file === "README.md") return "index.md";
  const folder = section.toLowerCase();
  if (isApi(file)) return `${folder}/api/${relative(api, file)}`;
  const name = basename(file) === "README.md" ? `${basename(dirname(file))}.md` : basename(file).toLowerCase();
  return file.startsWith("packages/") ? `${folder}/packages/${name}` : `${folder}/${name}`;
}

function titleOf(file: string): string {
  const label = labels[file];
  if (label !== undefined) return label;
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, file), "utf8"));
  if (heading?.[1] === undefined) throw new Error(`${file} has no heading, which a page needs as its title.`);
  return heading[1].replaceAll("`", "").replace("API of ", "");
}
