// Markdown pages as their readers see them: prose, sentences, links.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { anchorOf } from "../../../apps/site/src/links.ts";

export const root = join(import.meta.dirname, "../../..");

// "api" and "runs" are what programs write.
const skipped = new Set(["node_modules", "dist", ".git", "data", "model", "api", "runs"]);

/** The pages in a folder and below it, by their paths from the repository's root. */
export function markdownFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownFiles(path);
    return entry.name.endsWith(".md") && entry.name !== "CHANGELOG.md" ? [relative(root, path)] : [];
  });
}

/** A block of code. */
const fence = /^( *)```[\s\S]*?^\1```/gm;

/** The prose of a page, line by line: no code, front matter, quotations or addresses. */
export function proseOf(text: string): readonly string[] {
  const prose = text
    .replace(/^---\n[\s\S]*?^---\n/, "")
    .replace(fence, "")
    .replace(/^> .*$/gm, "")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/`[^`]*`/g, "code");
  return prose.split("\n");
}

/** Sentences of running text, of list items and of table cells. */
export function sentencesOf(text: string): readonly string[] {
  const paragraphs = proseOf(text)
    .map((line) => (/^\s*(?:[-*#|]|\d+\.)/.test(line) ? `\n\n${line}` : line))
    .join("\n")
    .split(/\n\s*\n|\|/);
  return paragraphs.flatMap((paragraph) =>
    paragraph.replace(/\s+/g, " ").split(/(?<=[.!?:])[*_)"]*\s+(?=["*_(\p{Lu}\d])/u),
  );
}

export const wordsOf = (sentence: string) => sentence.match(/[\p{L}\p{N}][\p{L}\p{N}'’.,-]*/gu) ?? [];

/** The addresses that a page links to. */
export function linksOf(text: string): readonly string[] {
  const withoutCode = text.replace(fence, "").replace(/`[^`\n]*`/g, "");
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
}

/** The paths of this repository that a page names in code. */
export function pathsOf(text: string): readonly string[] {
  const folders = "apps|docs|examples|fixtures|fuzz|integration|lab|packages|scripts";
  const paths = text.replace(fence, "").matchAll(new RegExp(`\`((?:${folders})/[\\w./@-]+)\``, "g"));
  return [...paths].map(([, path = ""]) => path);
}

/** Addresses of this repository's files. */
const ours = /^https:\/\/github\.com\/lowrank\/lowrank\/(?:blob|tree)\/main\/?/;

function anchorsOf(text: string): readonly string[] {
  const headings = text.replace(fence, "").matchAll(/^#+ +(.*)$/gm);
  return [...headings].map(([, heading = ""]) => anchorOf(heading.replace(/\]\([^)]*\)/g, "")));
}

/** Why a link to a file of this repository leads nowhere. */
export function problemOf(page: string, link: string): string | undefined {
  const local = ours.test(link) ? join(root, link.replace(ours, "")) : link;
  if (/^[a-z]+:/.test(local)) return undefined;
  const [target = "", anchor] = decodeURI(local).split("#");
  const path = target === "" ? join(root, page) : resolve(root, dirname(page), target);
  if (!existsSync(path)) return `${page}: ${link} is no file`;
  if (anchor === undefined || statSync(path).isDirectory() || !path.endsWith(".md")) return undefined;
  return anchorsOf(readFileSync(path, "utf8")).includes(anchor) ? undefined : `${page}: ${link} is no heading`;
}
