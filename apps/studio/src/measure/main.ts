// npm run studio:measure: builds the page, visits it five times, and compares what a visitor waits for with the aims.

import { executable } from "../testing/browser.ts";
import { openBuiltStudio } from "../testing/built-studio.ts";
import { measurePage, type PageFigures } from "./page-figures.ts";

const visits = 5;

const aims: {
  readonly [Name in keyof PageFigures]: { readonly says: string; readonly most: number; unit: "ms" | "kB" };
} = {
  firstPaint: { says: "first paint", most: 500, unit: "ms" },
  ready: { says: "ready, with the tiny model", most: 2000, unit: "ms" },
  firstStep: { says: "from the click to the first step", most: 1000, unit: "ms" },
  longestTask: { says: "longest task of the main thread while training", most: 50, unit: "ms" },
  javaScript: { says: "JavaScript before the model, gzipped", most: 400_000, unit: "kB" },
};

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

if (executable === undefined) process.exit(1);
const studio = await openBuiltStudio();
try {
  const all: PageFigures[] = [];
  for (let visit = 0; visit < visits; visit++) {
    const page = await studio.newPage({ serviceWorkers: "block" });
    all.push(await measurePage(page, studio.address));
    await page.context().close();
  }
  let isMissed = false;
  for (const [name, { says, most, unit }] of Object.entries(aims)) {
    const value = median(all.map((figures) => figures[name as keyof PageFigures]));
    const shown = (number: number) => (unit === "ms" ? `${Math.round(number)} ms` : `${Math.round(number / 1000)} kB`);
    const isMet = value <= most;
    isMissed ||= !isMet;
    console.log(`${isMet ? "met   " : "missed"}  ${says}: ${shown(value)} (aim ${shown(most)})`);
  }
  process.exitCode = isMissed ? 1 : 0;
} finally {
  await studio.close();
}
