// npm run studio:measure: builds the page, visits it five times, and compares waiting times with the targets. With
// SmolLM2's file in the cache folder also the time of its steps, and whether six runs leave as much in memory as one.

import { executable } from "../browser.ts";
import { type BuiltStudio, openBuiltStudio } from "../built-studio.ts";
import { smollm2Gguf } from "../prepared.ts";
import { keepSmollm2, openStudioPage } from "../studio-page.ts";
import { measureDemo } from "./demo-figures.ts";
import { measurePage, type PageFigures } from "./page-figures.ts";
import { measureSmollm2 } from "./smollm2-figures.ts";

const visits = 5;

const aims: {
  readonly [Name in keyof PageFigures]: { readonly label: string; readonly max: number; unit: "ms" | "kB" };
} = {
  firstPaint: { label: "first paint", max: 500, unit: "ms" },
  ready: { label: "ready, with the tiny model", max: 2000, unit: "ms" },
  firstStep: { label: "from the click to the first step", max: 1000, unit: "ms" },
  longestTask: { label: "longest task of the main thread while training", max: 50, unit: "ms" },
  javaScript: { label: "JavaScript before the model, gzipped", max: 420_000, unit: "kB" },
};

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Prints the figures; whether each aim is met. */
async function comparePage(studio: BuiltStudio): Promise<boolean> {
  const all: PageFigures[] = [];
  for (let visit = 0; visit < visits; visit++) {
    const page = await studio.newPage({ serviceWorkers: "block" });
    all.push(await measurePage(page, studio.address));
    await page.context().close();
  }
  let isMissed = false;
  for (const [name, { label, max, unit }] of Object.entries(aims)) {
    const value = median(all.map((figures) => figures[name as keyof PageFigures]));
    const shown = (number: number) => (unit === "ms" ? `${Math.round(number)} ms` : `${Math.round(number / 1000)} kB`);
    const isMet = value <= max;
    isMissed ||= !isMet;
    console.log(`${isMet ? "met   " : "missed"}  ${label}: ${shown(value)} (aim ${shown(max)})`);
  }
  return !isMissed;
}

/** Prints the figures of SmolLM2; whether each aim is met. */
async function compareSmollm2(studio: BuiltStudio, gguf: string): Promise<boolean> {
  let isMissed = false;
  for (const { threads, secondsAStep, memory } of await measureSmollm2(studio, gguf)) {
    const [one, six] = [memory[0], memory.at(-1)].map((each) => JSON.stringify(each));
    const isMet = one === six;
    isMissed ||= !isMet;
    const on = `SmolLM2, ${threads} thread${threads === 1 ? "" : "s"}`;
    console.log(`        ${on}: a step of 64 tokens takes ${median(secondsAStep).toFixed(2)} s`);
    console.log(`${isMet ? "met   " : "missed"}  ${on}: memory after six runs ${six} (after one ${one})`);
  }
  return !isMissed;
}

/** The example of the first screen, from the click on; SmolLM2 is on the page's disk. */
async function compareDemo(studio: BuiltStudio, gguf: string): Promise<boolean> {
  const page = await openStudioPage(studio);
  await keepSmollm2(page, gguf);
  const { firstChange, success, step } = await measureDemo(page);
  const isMet = firstChange <= 6 && success <= 30;
  console.log(`${isMet ? "met   " : "missed"}  demo: an answer changes after ${firstChange.toFixed(1)} s (aim 6 s)`);
  console.log(`        demo: in the new voice after ${success.toFixed(1)} s, at step ${step} (aim 30 s)`);
  return isMet;
}

if (executable === undefined) process.exit(1);
const studio = await openBuiltStudio();
try {
  const isPageFine = await comparePage(studio);
  const isModelFine = smollm2Gguf === undefined || (await compareSmollm2(studio, smollm2Gguf));
  const isDemoFine = smollm2Gguf === undefined || (await compareDemo(studio, smollm2Gguf));
  process.exitCode = isPageFine && isModelFine && isDemoFine ? 0 : 1;
} finally {
  await studio.close();
}
