// Links of a Markdown page as the site needs them: to a package's folder means its README, and what is no page of the
// site – a source, a data set – has its address in the repository.

import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const repository = "https://github.com/lowrank/lowrank/blob/main";

/**
 * Changes the parts of a page's text in place and returns the links to files that do not exist.
 * `files` is typedoc's registry of files, `pages` the paths that the site has, `root` the repository's.
 */
export function mendLinks(content, { file, files, pages, root }) {
  const missing = [];
  for (const [index, part] of content.entries()) {
    if (part.kind !== "relative-link") continue;
    const [target, ...anchor] = part.text.split("#");
    const path = resolve(dirname(file), decodeURI(target));
    const page = existsSync(path) && statSync(path).isDirectory() ? join(path, "README.md") : path;
    if (!existsSync(path)) missing.push(`${relative(root, file)}: there is no ${part.text}`);
    else if (pages.has(page)) part.target = files.registerAbsolute(page).target;
    else if (!/\.(svg|webp)$/.test(path)) {
      const address = [`${repository}/${relative(root, path)}`, ...anchor].join("#");
      content[index] = { kind: "text", text: address };
    }
  }
  return missing;
}
