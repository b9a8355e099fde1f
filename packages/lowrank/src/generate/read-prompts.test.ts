import { describe, expect, it } from "vitest";
import { parsePrompts } from "./read-prompts.ts";

const user = { role: "user", content: "Hi" };

describe("parsePrompts", () => {
  it("reads lines of text as they are, and lines of JSON as texts, prompts and conversations", () => {
    expect(parsePrompts("a\n\n b \r\n", "p.txt")).toEqual(["a", " b "]);
    const lines = ['"a\\nb"', '{"prompt": "c"}', JSON.stringify({ messages: [user] })];
    expect(parsePrompts(lines.join("\n"), "p.jsonl")).toEqual(["a\nb", "c", { messages: [user] }]);
  });

  it("generates the answer that a training row ends with", () => {
    const row = { messages: [user, { role: "assistant", content: "Hello" }] };
    expect(parsePrompts(JSON.stringify(row), "p.jsonl")).toEqual([{ messages: [user] }]);
  });

  it.each(['{"prompt": 1}', '{"messages": []}', '{"messages": [{"role": "user"}]}', "{"])(
    "refuses %s by its line",
    (line) => {
      const read = () => parsePrompts(`"good"\n${line}`, "p.jsonl");
      expect(read).toThrow(expect.objectContaining({ code: "UNREADABLE_PROMPT" }));
      expect(read).toThrow(/p\.jsonl.*line 2/s);
    },
  );
});
