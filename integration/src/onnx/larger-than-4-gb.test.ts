// An ONNX model of 4.5 GB takes an adapter, folded in and switched, in little memory: places beyond 2³¹ and 2³² bytes, a weight
// larger than 2³¹.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { makeSwitchable, SwitchableSession } from "@lowrank/merge/onnx";
import { openOnnxFile } from "@lowrank/merge/onnx/node";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { openFile } from "@lowrank/safetensors/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures, peftFixture } from "./fold-fixture.ts";
import { makeTensor, ort, type Tensor } from "./peft-case.ts";
import { offsets, sizes, writeSparseModel } from "./sparse-model.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const { tokens, width, wide, far } = sizes;
const last = tokens - 1;
const lastRow = last * width;
const farStart = offsets.far / 4;

describe("an ONNX model larger than 4 GB", { timeout: 600_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-large-onnx-"));
  const base = join(work, "base");
  const model = join(base, "model.onnx");
  const adapter = join(work, "adapter");
  beforeAll(async () => {
    // The last token's states are 3 at 0, 6 at 1 and 4 at the end; the far weight is 5 in its first corner and 7 in its last.
    const states = [
      [lastRow, 3],
      [lastRow + 1, 6],
      [lastRow + width - 1, 4],
    ] as const;
    await writeSparseModel(base, new Map([...states, [farStart, 5], [farStart + width * far - 1, 7]]));
    writeAdapter(adapter);
  });
  afterAll(() => rmSync(work, { recursive: true }));

  it("merges an adapter with less than 200 MB more than a small model needs", async () => {
    const out = join(work, "folded");
    const small = await memoryOfExport(
      join(fixtures, "onnx/all-linear-llama.onnx"),
      peftFixture("all-linear-llama", "adapter"),
      join(work, "small"),
    );
    expect((await memoryOfExport(model, adapter, out)) - small).toBeLessThan(200);
    const data = await openFile(join(out, "model.onnx_data"));
    expect(data.size).toBe(offsets.far + 4 * width * far);
    const at = async (index: number, count: number) => [
      ...new Float32Array((await data.read(4 * index, 4 * count)).slice().buffer),
    ];
    expect(await at(lastRow, 3)).toEqual([3, 6, 0]);
    expect(await at(farStart - 2, 4)).toEqual([0, 0.25, 5, 0]);
    expect(await at(farStart + far, 4)).toEqual([0, 0, 0, 0.5]);
    expect(await at(farStart + width * far - 2, 2)).toEqual([0, 7]);
    await data.close?.();
    if (ort === undefined) return;
    const session = await ort.InferenceSession.create(join(out, "model.onnx"), withoutCopies);
    expect(shown(await session.run({ ids: ids() }))).toEqual([15, 3, 28, 1]);
    await session.release();
    rmSync(out, { recursive: true });
  });

  it.skipIf(ort === undefined)("runs with and without an adapter when it is switchable", async () => {
    const opened = await openOnnxFile(model);
    const [switchable] = makeSwitchable(opened, ["wide", "far"]).files;
    writeFileSync(join(base, "switchable.onnx"), (await switchable?.bytes()) ?? "");
    await opened.close();
    const session = await ort!.InferenceSession.create(join(base, "switchable.onnx"), withoutCopies);
    const run = new SwitchableSession<Tensor>(session as never, makeTensor);
    expect(shown(await run.run({ ids: ids() }))).toEqual([15, 0, 28, 0]);
    run.select(await readAdapterFolder(adapter));
    expect(shown(await run.run({ ids: ids() }))).toEqual([15, 3, 28, 1]);
    await session.release();
  });
});

/** Weights are used without a copy of the file's bytes. */
const withoutCopies = { logSeverityLevel: 3, extra: { session: { disable_prepacking: "1" } } } as const;

const ids = () => makeTensor("int64", BigInt64Array.of(BigInt(last)), [1, 1]);

/** What comes of the last token where it counts. */
function shown(outputs: Readonly<Record<string, Tensor>>): readonly (number | undefined)[] {
  const [near, distant] = [outputs.far?.data, outputs.wide?.data] as readonly (Float32Array | undefined)[];
  return [near?.[0], near?.[3], near?.[far - 1], distant?.[wide - 1]];
}

/** Rank 1 and scale 2: wide[1023][499999] + ¼, far[1][3] + ½. */
function writeAdapter(folder: string): void {
  mkdirSync(folder);
  const one = (size: number, index: number, value: number) => {
    const values = new Float32Array(size);
    values[index] = value;
    return values;
  };
  const pair = (
    path: string,
    [inputs, from]: readonly [number, number],
    [outputs, to, value]: readonly [number, number, number],
  ) =>
    [
      [`base_model.model.${path}.lora_A.weight`, float32Tensor([1, inputs], one(inputs, from, 1))],
      [`base_model.model.${path}.lora_B.weight`, float32Tensor([outputs, 1], one(outputs, to, value))],
    ] as const;
  const tensors = new Map([
    ...pair("wide", [width, width - 1], [wide, wide - 1, 0.125]),
    ...pair("far", [width, 1], [far, 3, 0.25]),
  ]);
  writeFileSync(join(folder, "adapter_model.safetensors"), serializeSafetensors(tensors));
  const config = { peft_type: "LORA", r: 1, lora_alpha: 2, target_modules: ["wide", "far"] };
  writeFileSync(join(folder, "adapter_config.json"), JSON.stringify(config));
}

/** The most megabytes that the command had. */
async function memoryOfExport(model: string, adapter: string, out: string): Promise<number> {
  const printMemory = "process.on('exit', () => console.log('most ' + process.resourceUsage().maxRSS))";
  const node = [
    "--conditions=lowrank-source",
    "--import",
    "tsx",
    "--import",
    `data:text/javascript,${encodeURIComponent(printMemory)}`,
  ];
  const argv = ["export", "--to", "onnx", "--model", model, "--adapter", adapter, "--out", out];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...node, "packages/lowrank/src/lowrank.ts", ...argv],
    {
      cwd: root,
    },
  );
  return Number(/^most (\d+)$/m.exec(stdout)?.[1]) / 1024;
}
