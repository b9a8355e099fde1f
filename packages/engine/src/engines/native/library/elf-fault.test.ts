import { fc, it as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { elfFault } from "./elf-fault.ts";

const [tableStart, dynamicStart] = [64, 64 + 2 * 56];

/** A library that has nothing but headers: a segment that is the whole file, and a dynamic table at its end. */
function smallLibrary(): DataView {
  const size = dynamicStart + 3 * 16;
  const view = new DataView(new ArrayBuffer(size));
  new Uint8Array(view.buffer).set(new TextEncoder().encode("\x7fELF\x02\x01"));
  const short = (offset: number, value: number) => view.setUint16(offset, value, true);
  const long = (offset: number, value: number) => view.setBigUint64(offset, BigInt(value), true);
  short(16, 3); // a shared object
  short(18, 62); // for x64
  long(32, tableStart);
  short(54, 56);
  short(56, 2);
  view.setUint32(tableStart, 1, true); // to be loaded
  long(tableStart + 32, size);
  view.setUint32(tableStart + 56, 2, true); // the dynamic table
  long(tableStart + 56 + 8, dynamicStart);
  long(tableStart + 56 + 32, 3 * 16);
  long(dynamicStart, 5);
  long(dynamicStart + 16, 6);
  return view;
}

function faultOf(bytes: Uint8Array, architecture = "x64"): string | undefined {
  const read = (from: number, length: number) => {
    if (from < 0 || length < 0 || from + length > bytes.length) throw new Error(`read ${length} bytes at ${from}`);
    return bytes.slice(from, from + length);
  };
  return elfFault({ size: bytes.length, read }, architecture);
}

/** The small library after a change. */
function changed(change: (view: DataView) => void): Uint8Array {
  const view = smallLibrary();
  change(view);
  return new Uint8Array(view.buffer);
}

describe("elfFault", () => {
  it("has nothing against a whole library", () => {
    expect(faultOf(changed(() => {}))).toBeUndefined();
  });

  it("detects a truncated library, at any length", () => {
    const whole = changed(() => {});
    for (let length = 0; length < whole.length; length++)
      expect(faultOf(whole.subarray(0, length))).toMatch(
        /^is cut short: it has \d+ bytes, (fewer|and its headers need)/,
      );
  });

  it("finds an end that is empty, as a broken download that was given its room before leaves it", () => {
    expect(faultOf(changed((view) => new Uint8Array(view.buffer).fill(0, dynamicStart)))).toMatch(
      /has an empty part: a download may have been interrupted/,
    );
  });

  it.each([
    {
      what: "text",
      bytes: new TextEncoder().encode("GROUP ( /lib/libm.so.6 )".repeat(4)),
      fault: /is not a shared library: it has no ELF header/,
    },
    { what: "a program", bytes: changed((view) => view.setUint16(16, 2, true)), fault: /ELF type is 2/ },
    { what: "32 bits", bytes: changed((view) => view.setUint8(4, 1)), fault: /another processor: .*62 with 32 bits/ },
    {
      what: "no segments",
      bytes: changed((view) => view.setUint16(56, 0, true)),
      fault: /damaged header: 0 segments/,
    },
    { what: "too many", bytes: changed((view) => view.setUint16(56, 65_535, true)), fault: /65535 segments/ },
    {
      what: "segments at the end of all numbers",
      bytes: changed((view) => view.setBigUint64(32, 2n ** 64n - 1n, true)),
      fault: /cut short/,
    },
    {
      what: "a segment that is larger than any file",
      bytes: changed((view) => view.setBigUint64(tableStart + 32, 2n ** 64n - 1n, true)),
      fault: /cut short: .* need 18446744073709551615/,
    },
    {
      what: "no dynamic table",
      bytes: changed((view) => view.setUint32(tableStart + 56, 4, true)),
      fault: /no symbol table/,
    },
  ])("refuses a file with $what", ({ bytes, fault }) => {
    expect(faultOf(bytes)).toMatch(fault);
  });

  it("refuses a library for another processor, and accepts all for an unknown processor", () => {
    const library = changed(() => {});
    expect(faultOf(library, "arm64")).toBe(
      "was built for another processor: ELF machine 62 with 64 bits, but arm64 is 183 with 64",
    );
    expect(faultOf(library, "new64")).toBeUndefined();
  });

  const indices = fc.array(fc.tuple(fc.nat({ max: dynamicStart + 47 }), fc.nat({ max: 255 })), { maxLength: 8 });
  property.prop([indices], { seed: 20_261_125, numRuns: 500 })(
    "reads only what is there, whatever bytes say",
    (bytes) => {
      const library = changed((view) => {
        for (const [offset, byte] of bytes) view.setUint8(offset, byte);
      });
      expect(() => faultOf(library)).not.toThrow();
    },
  );
});
