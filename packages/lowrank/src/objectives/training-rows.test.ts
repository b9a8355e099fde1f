import type { Example } from "@lowrank/data";
import { expect, it } from "vitest";
import { trainingRows } from "./training-rows.ts";

const decoded = (ink: number) => ({ width: 1, height: 1, data: new Uint8Array([ink, 0, 0]) });
const bytes = (ink: number) => new Uint8Array([ink, 1]);

it.each([
  ["decoded pictures", decoded],
  ["pictures' bytes", bytes],
])("%s are held out one by one, not by class, and equal ones together", (_, picture) => {
  const rows: readonly Example[] = Array.from({ length: 40 }, (_, row) => ({
    kind: "image",
    image: picture(Math.floor(row / 2)),
    label: Math.floor(row / 2) % 2,
  }));
  const data = { name: "rows", rows };
  const { train, validation } = trainingRows({ data, validationShare: 0.3, seed: 0, task: "image-classification" });
  const classes = (part: Iterable<Example>) => new Set([...part].map((row) => row.kind === "image" && row.label));
  expect([classes(train), classes(validation)]).toEqual([new Set([0, 1]), new Set([0, 1])]);
  const inks = (part: Iterable<Example>) => new Set([...part].map((row) => JSON.stringify(row)));
  expect([inks(train).size, inks(validation).size]).toEqual([14, 6]);
  expect([...inks(train)].filter((one) => inks(validation).has(one))).toEqual([]);
});
