// Pages use the words of docs/glossary.md, guides have short sentences, and links lead somewhere.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { avoidedIn } from "./avoided-words.ts";
import { linksOf, markdownFiles, pathsOf, problemOf, proseOf, root, sentencesOf, wordsOf } from "./markdown.ts";

const packagePages = readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`);
const folderPages = ["examples", "lab/benchmarks", "lab/experiments", "fixtures", "fuzz"].map(
  (name) => `${name}/README.md`,
);
const rootPages = readdirSync(root).filter((name) => name.endsWith(".md"));
const pages = [...rootPages, ...markdownFiles(join(root, "docs")), ...packagePages, ...folderPages]
  .filter((page) => existsSync(join(root, page)))
  .filter((page) => !page.startsWith("docs/decisions/"));

/** Pages that are about words, or made by programs. */
const otherWords: ReadonlyMap<string, string> = new Map([
  ["docs/glossary.md", "lists the words to avoid"],
  ["docs/options.md", "made from the table of options, whose help has a test of its own"],
  ["docs/benchmarks.md", "made by npm run bench:page"],
  ["docs/claims.md", "made by npm run experiment:page"],
]);

/** Words of the glossary that have an ordinary meaning, too, so that no pattern finds the other one. */
const ordinary: ReadonlyMap<string, string> = new Map([
  ["pair", "pairs of texts or answers"],
  ["chain", "an update's chain of factors"],
  ["card", "a model card"],
  ["place", "a place in a text"],
  ["start", "a program starts"],
  ["least", "at least"],
  ["most", "at most"],
  ["codes", "exit codes, error codes"],
  ["choice", "rows with several choices"],
  ["is known", "a fact is known"],
  ["is none", "there is none"],
  ["turn", "turns of a conversation"],
]);

const textOf = (page: string) => readFileSync(join(root, page), "utf8");

describe("words", () => {
  it.each(pages.filter((page) => !otherWords.has(page)))("%s has no word that the glossary avoids", (page) => {
    const found = proseOf(textOf(page)).flatMap((line) => avoidedIn(line).map((word) => `${word}: ${line.trim()}`));
    expect(found).toEqual([]);
  });

  it("are the words that the glossary avoids, except ordinary ones", () => {
    const cells = [...textOf("docs/glossary.md").matchAll(/^\| [^|]+ \| ([^|]+) \|/gm)].slice(1);
    const words = cells.flatMap(([, cell = ""]) => cell.split(", ").map((word) => word.trim()));
    const missing = words.filter((word) => /\w/.test(word) && avoidedIn(word).length === 0);
    expect(words.length).toBeGreaterThan(30);
    expect(missing).toEqual([...ordinary.keys()]);
  });

  it("are found in a text", () => {
    expect(avoidedIn("Rows lie in memory beside the adapter.")).toHaveLength(2);
    expect(avoidedIn("The slopes of ALiBi")).toHaveLength(1);
    expect(avoidedIn("A model card for ALiBi's slopes")).toEqual([]);
  });
});

describe("guides", () => {
  const tooLong = (text: string) => sentencesOf(text).filter((sentence) => wordsOf(sentence).length > 30);

  it("have no sentence of more than 30 words", () => {
    const guides = pages.filter((page) => page.startsWith("docs/guides/"));
    const found = guides.flatMap((page) => tooLong(textOf(page)).map((sentence) => `${page}: ${sentence}`));
    expect(found).toEqual([]);
  });

  it("would be refused for one, also in a list", () => {
    const words = (count: number) => Array.from({ length: count }, () => "word").join(" ");
    expect(tooLong(`${words(20)}. Then ${words(20)}.\n\n- ${words(20)}\n- ${words(20)}`)).toEqual([]);
    expect(tooLong(`Short.\n- ${words(31)}`)).toHaveLength(1);
  });
});

describe("links and paths", () => {
  it("lead to files and headings", () => {
    const problems = markdownFiles(root)
      .flatMap((page) => linksOf(textOf(page)).map((link) => problemOf(page, link)))
      .filter((problem) => problem !== undefined);
    expect(problems).toEqual([]);
  });

  it("exist, also in code", () => {
    const missing = markdownFiles(root)
      .filter((page) => !page.startsWith("docs/decisions/")) // they tell what was
      .flatMap((page) => pathsOf(textOf(page)).map((path) => ({ page, path })))
      .filter(({ path }) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  it("are named if they lead nowhere", () => {
    expect(problemOf("docs/README.md", "nowhere.md")).toBe("docs/README.md: nowhere.md is no file");
    expect(problemOf("docs/README.md", "maths.md#nowhere")).toBe("docs/README.md: maths.md#nowhere is no heading");
    expect(problemOf("docs/README.md", "../README.md#status")).toBeUndefined();
    expect(pathsOf("`packages/nowhere/a.ts` and `model.gguf`")).toEqual(["packages/nowhere/a.ts"]);
  });
});
