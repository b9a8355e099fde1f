import { expect, it } from "vitest";
import { sampleNote } from "./sample-note.ts";

const inputs = ["a", "b", "c\nd", "\u001b[31m"].map((completion, place) => ({
  prompt: place < 2 ? "one" : [{ role: "user", content: "two\nlines" }],
  completion,
}));

it("shows the best and the worst completion of the prompt whose rewards differ most, each on one line", () => {
  expect(sampleNote(inputs, [5, 5, 0.25, 1], { step: 7, groupSize: 2 })).toBe(
    "  step 7  prompt: two\\nlines\n    best (1.00): \\u001b[31m\n    worst (0.25): c\\nd",
  );
});

it("shows one completion where all rewards are equal", () => {
  expect(sampleNote(inputs, [1, 1, 1, 1], { step: 7, groupSize: 2 })).toBe("  step 7  prompt: one\n    best (1.00): a");
});
