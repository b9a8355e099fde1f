import type { Warning } from "@lowrank/contracts";
import type { Example } from "@lowrank/data";
import { expect, it } from "vitest";
import { warnOfTouchingTexts } from "../train/tokenized-rows.ts";

function warnings(rows: readonly (readonly [prompt: string, completion: string])[], template = "plain"): string[] {
  const found: string[] = [];
  const examples = rows.map(([prompt, completion]): Example => ({ kind: "completion", prompt, completion }));
  warnOfTouchingTexts(examples, template, { warn: ({ message }: Warning) => found.push(message) });
  return found;
}

it("warns of prompts that run into their completions, and shows how", () => {
  const [message, ...others] = warnings([
    ["Is it sliced?", "Yes."],
    ["On Sundays?", "No."],
  ]);
  expect(message).toContain("…Is it sliced?Yes.…");
  expect(others).toEqual([]);
});

it.each([
  ["a space before completions", [["Is it sliced?", " Yes."]]],
  ["a line break behind prompts", [["Is it sliced?\n", "Yes."]]],
  ["a mark between them", [["sliced ->", "Yes."]]],
  [
    "one row that has a space",
    [
      ["On Sundays?", "No."],
      ["Is it sliced?", " Yes."],
    ],
  ],
  ["a script without spaces", [["営業時間は?", "九時からです"]]],
] as const)("is silent of %s", (_, rows) => {
  expect(warnings(rows)).toEqual([]);
});

it("is silent if a template separates them", () => {
  expect(warnings([["Is it sliced?", "Yes."]], "alpaca")).toEqual([]);
});
