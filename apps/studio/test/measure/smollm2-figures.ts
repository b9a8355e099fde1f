// Step times of SmolLM2 on WebAssembly, with one and with two threads, and the memory after six runs.

import type { Page } from "playwright-core";
import type { Calls } from "../../src/protocol/calls.ts";
import type { Row } from "../../src/protocol/rows.ts";
import type { RunRequest } from "../../src/protocol/run.ts";
import type { Ask } from "../../src/worker-client.ts";
import type { BuiltStudio } from "../built-studio.ts";
import { ask, openSmollm2, openStudioPage } from "../studio-page.ts";

const tokens = 64;
const runs = 6;
/** Steps of a run. The first one warms up and is not counted. */
const steps = 3;

type Memory = Calls["memory"]["answer"];

export interface Smollm2Figures {
  readonly threads: number;
  /** Seconds of every step except the first of each run. */
  readonly secondsAStep: readonly number[];
  /** After each run. */
  readonly memory: readonly Memory[];
}

/** One row of 64 tokens a step, alternately in pages with one thread and with two. */
export async function measureSmollm2(studio: BuiltStudio, gguf: string): Promise<readonly Smollm2Figures[]> {
  const pages: { readonly threads: number; readonly page: Page; readonly row: Row }[] = [];
  for (const threads of [1, 2]) {
    const page = await openStudioPage(studio, threads === 1 ? {} : { isolated: true, cores: 2 * threads });
    await openSmollm2(page, gguf);
    pages.push({ threads, page, row: await rowOf64Tokens(page) });
  }
  const figures = pages.map(({ threads }) => ({ threads, secondsAStep: [] as number[], memory: [] as Memory[] }));
  for (let run = 0; run < runs; run++) {
    for (const [index, { page, row }] of pages.entries()) {
      figures[index]?.secondsAStep.push(...(await trainOnce(page, row)));
      figures[index]?.memory.push(await ask(page, "memory", undefined));
    }
  }
  for (const { page } of pages) await page.context().close();
  return figures;
}

async function rowOf64Tokens(page: Page): Promise<Row> {
  const rows = Array.from({ length: tokens }, (_, words) => ({
    id: String(words),
    says: "What is the sun?",
    answers: "a great ball of fire in the sky "
      .repeat(8)
      .split(" ")
      .slice(0, words + 1)
      .join(" "),
  }));
  const checked = await ask(page, "checkRows", rows);
  const found = rows.find((_, index) => checked[index]?.tokens === tokens);
  if (found === undefined) throw new Error(`no row has ${tokens} tokens`);
  return found;
}

/** Seconds between one step's end and the next one's. */
function trainOnce(page: Page, row: Row): Promise<readonly number[]> {
  const request: RunRequest = {
    rows: [row],
    adapter: { rank: 8, alpha: 16, targets: "all-linear", dropout: 0, useDora: false, start: "kaiming" },
    training: { steps, batchSize: 1, learningRate: 1e-3, schedule: "constant", seed: 1, validationShare: 0 },
    name: "measured",
  };
  return page.evaluate(async (request) => {
    const { studio } = globalThis as unknown as { readonly studio: { readonly ask: Ask } };
    const ends: number[] = [];
    await studio.ask("train", request, (progress) => {
      if (progress.type === "step") ends.push(performance.now());
    });
    return ends.slice(1).map((end, index) => (end - (ends[index] ?? 0)) / 1000);
  }, request);
}
