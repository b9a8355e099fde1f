import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { earlierMetrics, metricsFile, metricsLines, restartLines } from "./metrics-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-metrics-"));
});
afterAll(() => rm(folder, { recursive: true }));

const shared = { type: "step", steps: 9, epoch: 0, tokens: 1, tokensPerSecond: 1, seconds: 1, secondsLeft: 1 } as const;
const line = (step: number) =>
  metricsLines({ ...shared, step, loss: 0.5, learningRate: 0.1, gradientNorm: 2 }).join("");

async function kept(text: string, steps: number) {
  await writeFile(join(folder, metricsFile), text);
  return earlierMetrics(folder, steps);
}

it("the metrics of a resumed run are the whole lines of the steps it has made", async () => {
  expect(await kept(line(1) + line(2) + line(3), 2)).toEqual([line(1), line(2)]);
  expect(await kept(line(1) + line(2).slice(0, 20), 2)).toEqual([line(1)]);
  expect(await kept(`${line(1).slice(0, 20)}\n${line(2)}\0\0\n{"step":"1"}\nnull\n${line(3)}`, 3)).toEqual([
    line(2),
    line(3),
  ]);
});

it("a validation and a skipped step have their own lines, without anything that depends on time", () => {
  const best = { step: 4, value: 0.5 };
  const validation = {
    type: "evaluation",
    step: 4,
    metrics: { loss: 0.5, accuracy: 0.75 },
    isBest: true,
    best,
  } as const;
  expect(metricsLines(validation)).toEqual(['{"step":4,"validation":{"loss":0.5,"accuracy":0.75}}\n']);
  const skip = { type: "skip", step: 5, steps: 9, what: "loss", value: Number.NaN, names: [], inARow: 1 } as const;
  expect(metricsLines(skip)).toEqual(['{"step":5,"skipped":"loss","value":"NaN"}\n']);
  expect(metricsLines({ type: "checkpoint", step: 5 })).toEqual([]);
});

it("a run that restarts only keeps the lines that explain it", () => {
  const rates = { learningRateBefore: 0.4, learningRate: 0.1 };
  const restart = { type: "restart", step: 15, steps: 90, reason: "the loss rose", ...rates } as const;
  const lines = metricsLines(restart);
  expect(lines).toEqual([
    '{"step":0,"restart":{"after":15,"reason":"the loss rose","learningRateBefore":0.4,"learningRate":0.1}}\n',
  ]);
  expect(restartLines([...lines, line(1), line(2)])).toEqual(lines);
});

it("a run without the file has none", async () => {
  expect(await earlierMetrics(join(folder, "absent"), 3)).toEqual([]);
});
