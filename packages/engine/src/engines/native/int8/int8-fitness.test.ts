import { describe, expect, it } from "vitest";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeSession, OnnxRuntime } from "../runtime/onnx-runtime.ts";
import { reasonAgainst8Bits } from "./int8-fitness.ts";

/** A library of which each product of bytes is one number, and takes so long. */
function libraryOf(product: number, milliseconds: number) {
  let open = 0;
  const library = {
    createSession({ inputs: given, outputs }: OnnxGraph): NativeSession {
      const inputs = given.map(({ name }) => name);
      open += 1;
      const [inputNames, outputNames] = [new BigUint64Array(1), new BigUint64Array(1)];
      return { handle: BigInt(open), inputs, outputs, inputNames, outputNames, pinned: [] };
    },
    run(_: NativeSession, [left]: readonly NativeTensor[], [result]: readonly NativeTensor[]): void {
      if (!(left?.values instanceof Uint8Array)) return;
      for (const end = performance.now() + milliseconds; performance.now() < end; );
      result?.values.fill(product as never);
    },
    releaseSession: () => {
      open -= 1;
    },
    openSessions: () => open,
  };
  return { ...library, runtime: library as unknown as OnnxRuntime };
}

const exact = 127 * 127 * 512;

describe("unfitnessFor8Bits", () => {
  it("detects sums of two products that saturate at 16 bits, as on x86 without VNNI", () => {
    // 255·127 twice is more than 32 767; the zero point is taken away afterwards.
    const { runtime, openSessions } = libraryOf(256 * 32_767 - 128 * 127 * 512, 0);
    expect(reasonAgainst8Bits(runtime)).toContain("not exact");
    expect(openSessions()).toBe(0);
  });

  it("detects products that are slower than in float32", () => {
    const { runtime, openSessions } = libraryOf(exact, 2);
    expect(reasonAgainst8Bits(runtime)).toMatch(/take [\d.]+ times as long as float32 on this processor$/);
    expect(openSessions()).toBe(0);
  });
});
