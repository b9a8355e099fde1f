// Links inside a built site that lead nowhere: to a file that is not there, or to a heading that the file does not have.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** One line for each dead link of the HTML files under `folder`. */
export function deadLinks(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html"));
  const pages = new Map(files.map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")]));
  const anchors = new Map();
  const anchorsOf = (path) => {
    if (!anchors.has(path)) anchors.set(path, new Set(matches(pages.get(path), /\sid="([^"]+)"/g)));
    return anchors.get(path);
  };
  return [...pages].flatMap(([page, html]) =>
    [...new Set(matches(html, /\s(?:href|src)="([^"]*)"/g))].flatMap((link) => {
      if (/^[a-z][a-z+.-]*:/i.test(link)) return []; // of another site
      const [target = "", anchor] = link.split("#").map(decodeURIComponent);
      const path = target === "" ? page : resolve(dirname(page), target);
      const where = `${relative(folder, page)} links to ${link}`;
      if (!existsSync(path)) return `${where}, which does not exist`;
      if (!anchor || !pages.has(path) || anchorsOf(path).has(anchor)) return [];
      return `${where}, where no heading or name is called so`;
    }),
  );
}

function matches(text, pattern) {
  return [...text.matchAll(pattern)].map(([, found]) => found.replaceAll("&amp;", "&"));
}
