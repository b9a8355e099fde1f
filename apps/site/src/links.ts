// Links as the site needs them. Pages are written for GitHub, where a path leads to a file or a folder: a file that is a page
// of the site becomes that page, a folder its README, and anything else – a source, a data set – its address in the repository.

import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { repository, root } from "./places.ts";

/** `paths` has the path on the site of each file that is a page. */
export function linkToPages(markdown: MarkdownRenderer, paths: ReadonlyMap<string, string>): void {
  // A name such as FEATURES.md in a sentence is no address, though ".md" is a country's domain.
  markdown.linkify.set({ fuzzyLink: false });
  markdown.core.ruler.push("links-to-pages", ({ tokens, env }) => {
    const file: string = env.realPath ?? env.path;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== "link_open") continue;
      // READMEs of packages, which npm shows as well, have whole addresses of files.
      const href = token
        .attrGet("href")
        ?.replace(/^https:\/\/github\.com\/lowrank\/lowrank\/(blob|tree)\/main\//, `${root}/`);
      if (href && !/^(#|[a-z][a-z+.-]*:)/i.test(href)) token.attrSet("href", addressOf(href, file, paths));
    }
  });
}

function addressOf(href: string, file: string, paths: ReadonlyMap<string, string>): string {
  const [target = "", ...anchor] = href.split("#");
  const path = resolve(dirname(file), decodeURI(target));
  if (!existsSync(path)) throw new Error(`${relative(root, file)}: there is no ${href}`);
  const isFolder = statSync(path).isDirectory();
  const page = paths.get(relative(root, isFolder ? join(path, "README.md") : path));
  const address =
    page === undefined ? `${repository}/${isFolder ? "tree" : "blob"}/main/${relative(root, path)}` : `/${page}`;
  return [address, ...anchor].join("#");
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}
