// npm run docs: writes the site to dist/docs, and fails for what is wrong with it.

import { join } from "node:path";
import { build, resolveConfig } from "vitepress";
import { writeApi } from "./api.ts";
import { builtProblems, navigationProblems } from "./check.ts";
import { writeForLanguageModels } from "./llms.ts";
import { readPages } from "./pages.ts";
import { outFolder } from "./places.ts";

const site = join(import.meta.dirname, "..");
// First what is found at once: the rest takes half a minute.
endIfWrong(navigationProblems(readPages(), (await resolveConfig(site, "build")).pages));
const apiProblems = await writeApi();
await build(site);
const pages = readPages();
writeForLanguageModels(pages);
endIfWrong([...apiProblems, ...builtProblems(pages)]);
console.log(`The site is in ${outFolder}: npx vitepress preview apps/site shows it.`);
process.exit(0);

function endIfWrong(problems: readonly string[]): void {
  if (problems.length === 0) return;
  console.error([...problems, "The site has problems."].join("\n"));
  process.exit(1);
}
