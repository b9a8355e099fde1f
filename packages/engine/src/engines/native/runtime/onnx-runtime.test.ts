import { expect, it } from "vitest";
import type { Koffi } from "./koffi.ts";
import { OnnxRuntime } from "./onnx-runtime.ts";

/** A library of which every function succeeds, except those at these places of its table. */
function runtimeWith(failing: readonly number[]) {
  const named: string[] = [];
  const released: unknown[] = [];
  const functionAt = (slot: number) => {
    if (slot === 2) return () => "no memory";
    if (slot === 167) return (address: unknown) => released.push(address);
    return (...values: unknown[]) => {
      const result = values.at(-1);
      if (result instanceof BigUint64Array) result[0] = BigInt(slot);
      return failing.includes(slot) ? 1n : 0n;
    };
  };
  const koffi = {
    load: () => ({ func: (name: string) => () => (name === "OrtGetApiBase" ? 1n : 0n) }),
    proto: () => ({}),
    call: (address: bigint) => (address === 2n ? "1.20.0" : 3n),
    view: (_: unknown, bytes: number) =>
      BigUint64Array.from({ length: bytes / 8 }, (_, slot) => BigInt(slot + 1)).buffer,
    decode: (address: bigint) => functionAt(Number(address) - 1),
    address: (bytes: Uint8Array) => BigInt(named.push(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))))),
  };
  const library = { path: "libonnxruntime.so", origin: "setting" } as const;
  return { runtime: new OnnxRuntime(koffi as unknown as Koffi, library, { threads: 1 }), named, released };
}

const identity = (name: string) => ({
  inputs: [{ name }],
  outputs: ["y"],
  nodes: [{ op: "Identity", inputs: [name], outputs: ["y"] }],
});

it("gives the library whole names, however long", () => {
  const { runtime, named } = runtimeWith([]);
  const name = "ü".repeat(200);
  runtime.createSession(identity(name));
  expect(named).toEqual([name, "y"]);
});

it("frees packed weights if their first session cannot be created", () => {
  const { runtime, released } = runtimeWith([169]);
  const packing = runtime.makePacking();
  expect(() => runtime.createSession(identity("x"), { shared: { packing, constants: [] } })).toThrow("no memory");
  expect([packing.isReleased, released.length]).toEqual([true, 1]);
});
