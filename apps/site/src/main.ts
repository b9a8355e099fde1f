// npm run docs: writes the site to dist/docs, and fails for what is wrong with it.

import { join } from "node:path";
import { build } from "vitepress";
import { writeApi } from "./api.ts";
import { builtProblems, navigationProblems } from "./check.ts";
import { writeForLanguageModels } from "./llms.ts";
import { readPages } from "./pages.ts";
import { outFolder } from "./places.ts";

const problems = [...(await writeApi())];
const pages = readPages();
await build(join(import.meta.dirname, ".."), {
  onAfterConfigResolve({ pages: files }) {
    problems.push(...navigationProblems(pages, files));
    // Before the pages are built, which takes half a minute.
    if (problems.length === 0) return;
    throw new Error(problems.join("\n"));
  },
});
writeForLanguageModels(pages);
problems.push(...builtProblems(pages));
for (const problem of problems) console.error(problem);
console.log(
  problems.length > 0
    ? "The site has problems."
    : `The site is in ${outFolder}: npx vitepress preview apps/site shows it.`,
);
process.exit(problems.length > 0 ? 1 : 0);
