// llms.txt and llms-full.txt (https://llmstxt.org): the site for language models. The first is a list of all pages with the
// addresses of their Markdown, the second the pages themselves, without those for people who work on lowrank and without the API.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isApi, type Page } from "./pages.ts";
import { base, manifest, outFolder, rawFiles, root, siteOrigin } from "./places.ts";
import { sections } from "./sections.ts";

export function writeForLanguageModels(pages: readonly Page[]): void {
  const head = `# lowrank\n\n> ${manifest.description}\n`;
  const lists = sections.map(({ title }) => {
    const lines = pages
      .filter(({ section }) => section === title)
      .map((page) => `- [${page.title}](${addressOf(page)})`);
    return `## ${title}\n\n${lines.join("\n")}\n`;
  });
  writeFileSync(join(outFolder, "llms.txt"), [head, ...lists].join("\n"));
  const texts = pages
    .filter(({ file, section }) => section !== "Project" && !isApi(file))
    .map(({ file }) => `<!-- ${file} -->\n\n${readFileSync(join(root, file), "utf8")}`);
  writeFileSync(join(outFolder, "llms-full.txt"), [head, ...texts].join("\n"));
}

function addressOf({ file, path }: Page): string {
  return isApi(file) ? siteOrigin + base + path.replace(/\.md$/, "") : `${rawFiles}/${file}`;
}
