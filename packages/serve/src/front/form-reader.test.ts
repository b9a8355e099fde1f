import { expect, it } from "vitest";
import { formReader } from "./form-reader.ts";

function partsOf(text: string, size: number) {
  const parts: string[][] = [];
  const form = formReader("b", {
    onPart: (head) => void parts.push([head.trim(), ""]),
    onBytes: (bytes) => {
      const part = parts.at(-1);
      if (part !== undefined) part[1] += Buffer.from(bytes).toString();
    },
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) form.push(bytes.subarray(at, at + size));
  return { parts, isComplete: form.isComplete() };
}

const form = "before\r\n--b\r\nA: 1\r\n\r\n\r\n--\r\n-b\r\n--b \r\nB: 2\r\n\r\n\r\n--b--\r\nafter";

it.each([1, 2, 7, 1000])("reads the parts of a form that comes in pieces of %i bytes", (size) => {
  const parts = [
    ["A: 1", "\r\n--\r\n-b"],
    ["B: 2", ""],
  ];
  expect(partsOf(form, size)).toEqual({ parts, isComplete: true });
  expect(partsOf(form.slice(0, -10), size)).toEqual({ parts, isComplete: false });
  expect(() => partsOf(`--b\r\n${"x".repeat(5000)}`, size)).toThrow("headers without end");
});
