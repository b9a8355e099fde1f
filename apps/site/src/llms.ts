// llms.txt and llms-full.txt (https://llmstxt.org): the site for language models. The first is a list of all pages with the
// addresses of their Markdown, the second the pages themselves, without the API and what is for people who work on lowrank.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isApi, type Page } from "./pages.ts";
import { base, manifest, outFolder, rawFiles, root, siteOrigin } from "./places.ts";
import { sections } from "./sections.ts";

export function writeForLanguageModels(all: readonly Page[]): void {
  const pages = all.filter(({ file }) => !file.endsWith(".ko.md"));
  const head = `# lowrank\n\n> ${manifest.description}\n`;
  const lists = sections.map(({ title }) => {
    const lines = pages
      .filter(({ section }) => section === title)
      .map((page) => `- [${page.title}](${addressOf(page)})${summaryOf(page)}`);
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

/** The first sentence below the heading, where there is a short one. */
function summaryOf({ file }: Page): string {
  const text = readFileSync(join(root, file), "utf8").replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1");
  const sentence = /^# .+\n+([A-Z`](?!``)(?:(?!\n\n|:\s)[\s\S]){1,240}?\.)(?=\s+[A-Z`])/m.exec(text)?.[1];
  return isApi(file) || sentence === undefined ? "" : `: ${sentence.replaceAll("\n", " ")}`;
}
