import { expect, it } from "vitest";
import { TextStream } from "./text-stream.ts";

/** One token a byte, as byte-level tokenizers may have it. */
const bytes = { decode: (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids)) };

it("holds a character back until its last byte has come", () => {
  const stream = new TextStream(bytes);
  const shown = [...new TextEncoder().encode("né!")].map((byte) => stream.push(byte));
  expect(shown).toEqual(["n", "", "é", "!"]);
});

it("emits the rest at the end, complete or not", () => {
  const stream = new TextStream(bytes);
  expect(stream.push(0xc3)).toBe("");
  expect(stream.end()).toBe("\ufffd");
  expect(stream.ids).toEqual([0xc3]);
});

it("continues after a character that was never completed, although the decoder then reads its whole run differently", () => {
  // As Rust's ByteFallback: a run that is no UTF-8 has a U+FFFD for each byte. Ids from 256 on end a run.
  const decode = (ids: readonly number[]) => {
    const run = ids.findIndex((id) => id > 255);
    const bytes = Uint8Array.from(run === -1 ? ids : ids.slice(0, run));
    const rest = run === -1 ? "" : "!".repeat(ids.length - run);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes) + rest;
    } catch {
      return "\ufffd".repeat(bytes.length) + rest;
    }
  };
  const stream = new TextStream({ decode });
  const shown = [0xc3, 0xa9, 0xc3, 256, 257].map((id) => stream.push(id));
  expect(shown).toEqual(["", "é", "", "\ufffd\ufffd!", "!"]);
});

it("decodes a few tokens at a time, however long the text is, with the spaces between them", () => {
  const lengths: number[] = [];
  const stream = new TextStream({
    decode: (ids) => {
      lengths.push(ids.length);
      return ids.join(" ");
    },
  });
  const shown = Array.from({ length: 50 }, (_, id) => stream.push(id)).join("");
  expect(Math.max(...lengths)).toBe(2);
  expect(shown).toBe(stream.text);
});
