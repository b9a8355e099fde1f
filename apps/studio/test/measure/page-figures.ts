// Waiting times of a visitor of the published page, measured in one fresh tab.

import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import type { RunRequest } from "../../src/protocol/run.ts";
import type { Ask } from "../../src/worker-client.ts";

/** Milliseconds, and bytes. */
export interface PageFigures {
  readonly firstPaint: number;
  /** Until the tiny model is ready. */
  readonly ready: number;
  /** From asking for a run to its first step. */
  readonly firstStep: number;
  /** The longest task of the main thread while training; 0 if none took 50 ms. */
  readonly longestTask: number;
  /** Gzipped JavaScript that comes until the model is ready. */
  readonly javaScript: number;
}

const rows = Array.from({ length: 12 }, (_, index) => ({
  id: String(index),
  says: `name[Place ${index}], food[Chinese] ->`,
  answers: `Place ${index} serves Chinese food by the river.`,
}));
const request: RunRequest = {
  rows,
  adapter: { rank: 8, alpha: 16, targets: "all-linear", dropout: 0, useDora: false, start: "kaiming" },
  training: { steps: 40, batchSize: 4, learningRate: 3e-3, schedule: "constant", seed: 1, validationShare: 0 },
  name: "measured",
};

/** Visits the address and trains; the tab is new and its cache empty. */
export async function measurePage(page: Page, address: string): Promise<PageFigures> {
  let javaScript = 0;
  const sizes: Promise<void>[] = [];
  page.on("response", (response) => {
    if (!/\.js$/.test(new URL(response.url()).pathname)) return;
    const add = (body: Buffer) => {
      javaScript += gzipSync(body).length;
    };
    sizes.push(response.body().then(add, () => undefined));
  });
  await page.addInitScript(() => {
    const marks = { longestTask: 0 };
    Object.assign(globalThis, { marks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) marks.longestTask = Math.max(marks.longestTask, duration);
    }).observe({ type: "longtask" });
  });
  await page.goto(address);
  await page.locator("#model .top-bar-state > p[role=status]").waitFor({ timeout: 60_000 });
  const { ready, firstPaint } = await page.evaluate(() => ({
    ready: performance.getEntriesByName("ready")[0]?.startTime ?? Number.NaN,
    firstPaint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
  }));
  await Promise.all(sizes);
  const beforeTraining = javaScript;
  const { firstStep, longestTask } = await page.evaluate(async (request) => {
    const { studio, marks } = globalThis as unknown as {
      readonly studio: { readonly ask: Ask };
      readonly marks: { longestTask: number };
    };
    marks.longestTask = 0;
    const begun = performance.now();
    let first: number | undefined;
    await studio.ask("train", request, (progress) => {
      if (progress.type === "step") first ??= performance.now() - begun;
    });
    return { firstStep: first ?? Number.NaN, longestTask: marks.longestTask };
  }, request);
  return { firstPaint, ready, firstStep, longestTask, javaScript: beforeTraining };
}
