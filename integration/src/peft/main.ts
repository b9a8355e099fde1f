// `npm run test:peft`: PEFT and transformers load what our code wrote and compute the same. Prints one line a case and,
// last, "N passed, N failed". Without the Python environment it says so; in CI that is a failure. A text behind it
// (`npm run test:peft -- bert`) keeps to the rows whose names have it.

import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { combinedVariants } from "./variants/combined-variants.ts";
import { mixedVariants } from "./variants/mixed-variants.ts";
import { tokenVariants } from "./variants/token-variants.ts";
import { variants } from "./variants/variants.ts";
import { writeAddedTokens } from "./writing/write-added-tokens.ts";
import { writeCombined } from "./writing/write-combined.ts";
import { writeSentences } from "./writing/write-sentences.ts";
import { writeVariant } from "./writing/write-variant.ts";

const found = findPrepared("peft-venv");
if ("missing" in found) {
  console.log(`skipped: ${found.missing}`);
  process.exit(process.env.CI ? 1 : 0);
}

const [, , wanted = ""] = process.argv;
const isWanted = ({ name }: { readonly name: string }) => name.includes(wanted);

const work = await mkdtemp(join(tmpdir(), "lowrank-peft-"));
try {
  await chooseEngine({ order: ["wasm", "cpu"] });
  const cases = [];
  for (const [index, variant] of variants.filter(isWanted).entries())
    cases.push(...(await writeVariant(variant, join(work, String(index)))));
  for (const [index, variant] of [...combinedVariants, ...mixedVariants].filter(isWanted).entries())
    cases.push(...(await writeCombined(variant, join(work, `combined-${index}`))));
  for (const [index, variant] of tokenVariants.filter(isWanted).entries())
    cases.push(...(await writeAddedTokens(variant, join(work, `tokens-${index}`))));
  for (const pooling of [undefined, "mean", "last"] as const)
    if ("sentences".includes(wanted))
      cases.push(...(await writeSentences(join(work, `sentences-${pooling}`), pooling)));
  if (cases.length === 0) throw new Error(`no row has a name with "${wanted}" in it`);
  const list = join(work, "cases.json");
  await writeFile(list, JSON.stringify(cases));
  const script = join(import.meta.dirname, "../../../scripts/python/check_in_peft.py");
  const { status } = spawnSync(join(found.folder, "bin", "python"), [script, list], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  await rm(work, { recursive: true, force: true });
}
