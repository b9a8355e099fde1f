// What must be true of the site, as lines that say what is not.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deadLinks } from "./dead-links.ts";
import type { Page } from "./pages.ts";
import { base, outFolder } from "./places.ts";

/** `files` are the Markdown files that VitePress found. */
export function navigationProblems(pages: readonly Page[], files: readonly string[]): readonly string[] {
  const placed = pages.map(({ file }) => file);
  const addresses = pages.map(({ path }) => path);
  const missing = files.filter((file) => !placed.includes(file));
  const twice = placed.filter((file, place) => placed.indexOf(file) !== place);
  const alike = pages.filter(({ path, file }, place) => addresses.indexOf(path) !== place && !twice.includes(file));
  return [
    ...missing.map((file) => `${file} is in no section: add it to apps/site/src/sections.ts, or to notPages there`),
    ...twice.map((file) => `${file} is in apps/site/src/sections.ts twice`),
    ...alike.map(({ file, path }) => `${file} would become ${path}, as another file of its section does`),
  ];
}

/** Problems of the built site: dead links, pages without a title or with several, and words that the search does not find. */
export function builtProblems(pages: readonly Page[]): readonly string[] {
  return [
    ...deadLinks({ folder: outFolder, base, elsewhere: ["studio/"] }),
    ...pages.flatMap(titleProblems),
    ...["checkpoint", "gguf"]
      .filter((word) => !searchIndex().includes(`["${word}",`))
      .map((word) => `The search does not find "${word}"`),
  ];
}

function titleProblems({ path, file }: Page): readonly string[] {
  const html = readFileSync(join(outFolder, path.replace(/\.md$/, ".html")), "utf8");
  const headings = html.match(/<h1[ >]/g)?.length ?? 0;
  if (headings !== 1) return [`${file} has ${headings} headings of the first level, and must have one`];
  return /<title>[^<]+<\/title>/.test(html) ? [] : [`${file} has no title`];
}

/** Each word with the places that have it, as JSON in a string of JavaScript. */
function searchIndex(): string {
  const folder = join(outFolder, "assets/chunks");
  const name = readdirSync(folder).find((file) => file.startsWith("@localSearchIndexroot"));
  return name === undefined ? "" : readFileSync(join(folder, name), "utf8");
}
