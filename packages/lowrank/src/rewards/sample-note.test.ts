import { expect, it } from "vitest";
import { sampleNote } from "./sample-note.ts";

it("shows the best and the worst completion of the prompt whose rewards differ most, each on one line", () => {
  const chat = [{ role: "user", content: "two\nlines" }];
  const inputs = ["a", "b", "c\nd", "\u001b[31m"].map((completion, at) => ({
    prompt: at < 2 ? "one" : chat,
    completion,
  }));
  expect(sampleNote(inputs, [5, 5, 0.25, 1], 2)).toBe(
    "  prompt: two\\nlines\n    best (1.00): \\u001b[31m\n    worst (0.25): c\\nd",
  );
});
