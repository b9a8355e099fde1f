import { expect, it } from "vitest";
import { TextStream } from "./text-stream.ts";

/** One token a byte, as byte-level tokenizers may have it. */
const bytes = { decode: (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids)) };

it("holds a character back until its last byte has come", () => {
  const stream = new TextStream(bytes);
  const shown = [...new TextEncoder().encode("né!")].map((byte) => stream.push(byte));
  expect(shown).toEqual(["n", "", "é", "!"]);
});

it("gives out what is left at the end, complete or not", () => {
  const stream = new TextStream(bytes);
  expect(stream.push(0xc3)).toBe("");
  expect(stream.end()).toBe("\ufffd");
  expect(stream.ids).toEqual([0xc3]);
});
