import { describe, expect, it } from "vitest";
import { returnFreedMemory } from "../start-native.ts";
import type { Koffi } from "./koffi.ts";

/** The calls to the C library. */
function callsWith(environment: Readonly<Record<string, string>>, find: () => void = () => {}) {
  const calls: unknown[][] = [];
  const func = (name: string) => {
    find();
    return (...values: unknown[]) => void calls.push([name, ...values]);
  };
  returnFreedMemory({ load: () => ({ func }) } as unknown as Koffi, environment);
  return calls;
}

describe.skipIf(process.platform !== "linux")("returnFreedMemory", () => {
  it("sets a fixed threshold", () => {
    const threshold = [["mallopt", -3, 2 ** 20]];
    expect(callsWith({})).toEqual(threshold);
    expect(callsWith({ GLIBC_TUNABLES: "glibc.malloc.hugetlb=1" })).toEqual(threshold);
  });

  it("does not change the user's setting", () => {
    expect(callsWith({ MALLOC_MMAP_THRESHOLD_: "65536" })).toEqual([]);
    expect(callsWith({ GLIBC_TUNABLES: "glibc.malloc.mmap_threshold=65536" })).toEqual([]);
  });

  it("continues without a C library that supports it", () => {
    const unknown = () => {
      throw new Error("Cannot find function 'mallopt' in shared library");
    };
    expect(callsWith({}, unknown)).toEqual([]);
  });
});
