// Every file of the table: refused with the right code, at once, with nothing left behind; and the odd ones accepted.

import { afterAll, describe, expect, it } from "vitest";
import { bytesSource } from "../byte-source.ts";
import { SafetensorsError } from "../errors.ts";
import { malformedFiles } from "../test-files/malformed-files.ts";
import { oddFiles } from "../test-files/odd-files.ts";
import { openSafetensors } from "./open.ts";
import { parseSafetensors } from "./parse.ts";

const prototypeBefore = Object.getOwnPropertyNames(Object.prototype).sort();

afterAll(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(prototypeBefore);
});

it("has the 92 files to refuse and the 18 to accept", () => {
  expect([malformedFiles.length, oddFiles.length]).toEqual([92, 18]);
});

describe("a malformed file", () => {
  it.each(malformedFiles)("$row: $what throws $code", async ({ bytes, code }) => {
    const { error, milliseconds } = refusal(() => parseSafetensors(bytes, { name: "test.safetensors" }));
    expect(milliseconds).toBeLessThan(50);
    expect(error).toBeInstanceOf(SafetensorsError);
    expect(error).toMatchObject({ code, file: "test.safetensors" });
    await expect(openSafetensors(bytesSource(bytes))).rejects.toMatchObject({ code });
  });
});

describe("an odd but valid file", () => {
  it.each(oddFiles)("with $what loads", async ({ bytes, names }) => {
    const file = parseSafetensors(bytes);
    expect([...file.tensors.keys()]).toEqual(names);
    expect([...(await openSafetensors(bytesSource(bytes))).tensors.keys()]).toEqual(names);
  });

  it("returns its numbers: other values than 0 are true, a NaN keeps its payload, an odd offset does no harm", () => {
    const [, truth] = oddFiles;
    expect([...parseSafetensors(truth?.bytes ?? new Uint8Array()).int32("a")]).toEqual([1, 1]);
    const nan = oddFiles.find((file) => file.what.includes("NaN"));
    const values = parseSafetensors(nan?.bytes ?? new Uint8Array()).float32("a");
    expect([...new Uint8Array(values.buffer)]).toEqual([1, 2, 0xc0, 0x7f]);
    const odd = oddFiles.find((file) => file.what.includes("odd byte"));
    expect([...parseSafetensors(odd?.bytes ?? new Uint8Array()).float32("b")]).toEqual([1]);
  });

  it("tells of a field that nobody knows", () => {
    const codes: string[] = [];
    parseSafetensors(oddFiles[0]?.bytes ?? new Uint8Array(), { onWarning: ({ code }) => codes.push(code) });
    expect(codes).toEqual(["UNKNOWN_TENSOR_FIELD"]);
  });
});

describe("the limits", () => {
  const valid = oddFiles.find((file) => file.what === "a leading space")?.bytes ?? new Uint8Array();

  it("refuse a header larger than the limit", () => {
    expect(attempt(() => parseSafetensors(valid, { maxHeaderBytes: 10 }))).toMatchObject({ code: "HeaderTooLarge" });
  });

  it("refuse more tensors than the limit", () => {
    expect(attempt(() => parseSafetensors(valid, { maxTensors: 0 }))).toMatchObject({ code: "TooManyTensors" });
  });

  it("stop at 25 MB by default, though the format allows 100", () => {
    const bytes = new Uint8Array(25_000_009).fill(0x20);
    new DataView(bytes.buffer).setBigUint64(0, 25_000_001n, true);
    expect(attempt(() => parseSafetensors(bytes))).toMatchObject({
      code: "HeaderTooLarge",
      message: expect.stringContaining("set maxHeaderBytes"),
    });
  });
});

it("recognizes a PyTorch pickle and explains the next step", () => {
  const zip = Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0]);
  expect(attempt(() => parseSafetensors(zip))).toMatchObject({
    message: expect.stringMatching(/PyTorch pickle.*Convert it/),
  });
});

it("escapes control characters of names in messages", () => {
  const bytes = Uint8Array.from(oddFiles[2]?.bytes ?? []);
  const name = String.fromCharCode(27);
  const error = attempt(() => parseSafetensors(bytes).bytes(`${name}[2J`));
  expect(String(error)).toContain("\\u001b[2J");
  expect(String(error)).not.toContain(name);
});

/** The error of a call, and the shortest of three times, since other programs run here too. */
function refusal(work: () => unknown): { readonly error: unknown; readonly milliseconds: number } {
  const times = [0, 1, 2].map(() => {
    const started = performance.now();
    attempt(work);
    return performance.now() - started;
  });
  return { error: attempt(work), milliseconds: Math.min(...times) };
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
