import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ScheduleShape } from "./schedule.ts";
import { learningRateShare, type ScheduleName, schedules } from "./schedules.ts";

interface TrainFixture {
  readonly lr: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  readonly steps: number;
  readonly lrs: readonly number[];
}

const folder = new URL("../../../../fixtures/peft/", import.meta.url);

function trained(): readonly (readonly [string, TrainFixture])[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }): readonly (readonly [string, TrainFixture])[] => {
      const { train } = JSON.parse(readFileSync(new URL(`${name}/expected.json`, folder), "utf8"));
      return train === undefined || train === null ? [] : [[name, train]];
    });
}

interface Reference extends Pick<TrainFixture, "warmup" | "steps"> {
  readonly name: ScheduleName;
  readonly shape: ScheduleShape;
  readonly rate: number;
  readonly rates: readonly number[];
}

const file = new URL("../../../../fixtures/training/references.json", import.meta.url);
const references: readonly Reference[] = JSON.parse(readFileSync(file, "utf8")).schedules;

describe("learning rates", () => {
  it.each(references)(
    "of $name are those that transformers computes",
    ({ name, shape, steps, warmup, rate, rates }) => {
      for (const [step, expected] of rates.entries()) {
        const moment = { step, warmupSteps: warmup, totalSteps: steps, shape };
        expect(rate * learningRateShare(name, moment)).toBeCloseTo(expected, 12);
      }
    },
  );

  it("of every schedule have been compared", () => {
    expect(references.map(({ name }) => name).sort()).toEqual([...schedules.keys()].sort());
  });

  it.each(trained())("of the run %s equal transformers'", (_, { lr, schedule, warmup, steps, lrs }) => {
    const rates = lrs.map((_rate, step) => {
      return lr * learningRateShare(schedule, { step, warmupSteps: warmup, totalSteps: steps });
    });
    for (const [step, rate] of rates.entries()) expect(rate).toBeCloseTo(lrs[step] ?? Number.NaN, 12);
  });

  // By hand from transformers' formula: max(0, ½(1 + cos(π · progress))), progress = (step − 2) / 8.
  it("of a cosine fall from 1 over ½ at the middle to 0 at the end", () => {
    const at = (step: number) => learningRateShare("cosine", { step, warmupSteps: 2, totalSteps: 10 });
    expect([at(0), at(1), at(2)]).toEqual([0, 0.5, 1]);
    expect(at(6)).toBeCloseTo(0.5, 12);
    expect(at(4)).toBeCloseTo(0.5 * (1 + Math.SQRT1_2), 12);
    expect(at(10)).toBeCloseTo(0, 12);
  });

  it("never fall below 0 after the end", () => {
    expect(learningRateShare("linear", { step: 20, warmupSteps: 0, totalSteps: 10 })).toBe(0);
  });
});
