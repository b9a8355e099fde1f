import { describe, expect, it } from "vitest";
import { cardBoxes, cardHeight, layoutCard, wrap } from "./layout-card.ts";

const room = { width: 10, max: 3, measure: (line: string) => [...line].length };

describe("a text on a share card", () => {
  it("breaks at spaces", () => {
    expect(wrap("one two three  four", room)).toEqual(["one two", "three four"]);
  });

  it("breaks a word that is wider than a line, and between whole letters", () => {
    expect(wrap("🦜🦜🦜🦜🦜🦜🦜🦜🦜🦜🦜🦜", room)).toEqual(["🦜🦜🦜🦜🦜🦜🦜🦜🦜🦜", "🦜🦜"]);
  });

  it("ends in an ellipsis where the lines do not suffice", () => {
    const lines = wrap("aaaaaaaaa bbbbbbbbb cccccccccc ddd", room);
    expect(lines).toEqual(["aaaaaaaaa", "bbbbbbbbb", "ccccccccc…"]);
  });

  it("is nothing where there is nothing", () => {
    expect(wrap(" ", room)).toEqual([]);
  });

  it("stays within its box however long it is", () => {
    const long = "word ".repeat(500);
    const blocks = layoutCard({ prompt: long, before: long, after: long }, (text, size) => text.length * size * 0.5);
    for (const { role, y, lines, lineHeight } of blocks) {
      const bottom = y + (lines.length - 1) * lineHeight;
      const box = cardBoxes.find((each) => each.role === role);
      expect(bottom).toBeLessThan(box === undefined ? 196 : box.y + box.height);
      expect(bottom).toBeLessThan(cardHeight);
    }
  });
});
