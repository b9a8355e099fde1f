import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@lowrank/safetensors/internal/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { TrainingState } from "../state/training-state.ts";
import { latestCheckpoint, listCheckpoints, readCheckpoint, writeCheckpoint } from "./checkpoint-folder.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-checkpoints-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function state(step: number): TrainingState {
  const values = Float32Array.from([0.1, 1 / 3, -7, 1e-30, 0.5, step]);
  return {
    version: 1,
    step,
    position: { epoch: 1, batches: 2 },
    settings: {
      steps: 20,
      learningRate: 1e-3,
      schedule: "linear",
      scheduleShape: {},
      optimizer: "adamw",
      momentum: 0,
      warmupSteps: 2,
      weightDecay: 0.01,
      decayed: "all",
      betas: [0.9, 0.999],
      epsilon: 1e-8,
      clipNorm: null,
      accumulate: 2,
      weightByTokens: false,
      seed: 4_294_967_295,
    },
    variables: new Map([
      ["h.0.lora_A.weight", { shape: [2, 3], values }],
      ["never.updated", { shape: [], values: Float32Array.of(2) }],
    ]),
    moments: new Map([
      ["h.0.lora_A.weight", { first: values.map((v) => v / 2), second: values.map((v) => v * v), updates: step }],
    ]),
    best: { step: 1, value: 0.25 },
    evaluationsSinceBest: 2,
    fingerprint: "base ⊕ data",
  };
}

describe("a checkpoint", () => {
  it("restores exactly the same state", async () => {
    const path = await writeCheckpoint(folder, state(5));
    expect(await readCheckpoint(path)).toEqual(state(5));
  });

  it("of the same state has the same bytes", async () => {
    const [first, second] = [
      await writeCheckpoint(join(folder, "a"), state(5)),
      await writeCheckpoint(join(folder, "b"), state(5)),
    ];
    for (const name of await readdir(first)) {
      expect(await readFile(join(first, name))).toEqual(await readFile(join(second, name)));
    }
  });

  it("carries further files and lists them", async () => {
    const files = new Map([["adapter_config.json", "{}"]]);
    const path = await writeCheckpoint(folder, state(5), { files });
    expect(await readFile(join(path, "adapter_config.json"), "utf8")).toBe("{}");
    expect(await readFile(join(path, "manifest.json"), "utf8")).toContain("adapter_config.json");
  });

  it.each(["../escape", "a/b", ".hidden", "state.safetensors", "manifest.json", ""])(
    "refuses a file named %j",
    async (name) => {
      await expect(writeCheckpoint(folder, state(5), { files: new Map([[name, "x"]]) })).rejects.toThrow(
        expect.objectContaining({ code: "CHECKPOINT_INVALID" }),
      );
    },
  );

  it("in a folder that cannot be created causes a typed error", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(writeCheckpoint(join(folder, "file", "x"), state(5))).rejects.toThrow(
      expect.objectContaining({ code: "CHECKPOINT_INVALID" }),
    );
  });

  it("leaves only the newest ones, in the order of their steps", async () => {
    for (const step of [2, 10, 9]) await writeCheckpoint(folder, state(step), { keepLast: 2 });
    expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual([10, 9]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it("stays, however old, if its evaluation is the best", async () => {
    const best = { step: 2, value: 0.25 };
    for (const step of [1, 2, 3, 4, 5]) {
      await writeCheckpoint(folder, { ...state(step), ...(step > 1 && { best }) }, { keepLast: 2 });
    }
    expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual([5, 4, 2]);
  });

  it("is never removed by its own keepLast", async () => {
    await writeCheckpoint(folder, state(10), { keepLast: 1 });
    await writeCheckpoint(folder, state(3), { keepLast: 1 });
    expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual([3]);
  });

  it("leaves the older ones and no partial file when the disk fails at any call", async () => {
    await writeCheckpoint(folder, state(1));
    let calls = 0;
    for (let failing = 1; ; failing += 1) {
      calls = 0;
      const isDone = await writeCheckpoint(folder, state(2), { fileSystem: failingAt(failing, () => ++calls) }).then(
        () => true,
        () => false,
      );
      if (isDone) break;
      expect((await readdir(folder)).filter((name) => !name.startsWith(".") && name !== "checkpoint-2")).toEqual([
        "checkpoint-1",
      ]);
      expect((await latestCheckpoint(folder))?.state).toBeDefined();
      await rm(join(folder, "checkpoint-2"), { recursive: true, force: true });
    }
    expect(calls).toBeGreaterThan(10);
  });
});

/** A disk whose n-th changing call fails with EIO. */
function failingAt(n: number, count: () => number): FileSystem {
  const guard = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (count() === n) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
      return call(...args);
    };
  };
  return {
    ...nodeFileSystem,
    create: guard(nodeFileSystem.create),
    makeFolder: guard(nodeFileSystem.makeFolder),
    rename: guard(nodeFileSystem.rename),
    syncFolder: guard(nodeFileSystem.syncFolder),
  };
}

describe("a damaged checkpoint", () => {
  const names = ["state.safetensors", "trainer.json", "manifest.json"] as const;

  async function flipBit(path: string, at: (length: number) => number): Promise<void> {
    const bytes = await readFile(path);
    const index = at(bytes.length);
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }

  const damages: readonly (readonly [string, (path: string) => Promise<void>])[] = [
    ...names.flatMap((name) => [
      [`without ${name}`, (path: string) => rm(join(path, name))] as const,
      [`with an empty ${name}`, (path: string) => truncate(join(path, name), 0)] as const,
      [
        `with ${name} cut in half`,
        async (path: string) => truncate(join(path, name), (await readFile(join(path, name))).length >> 1),
      ] as const,
    ]),
    ["with one bit flipped in the tensors", (path) => flipBit(join(path, "state.safetensors"), (length) => length - 9)],
    ["with one bit flipped in the tensors' header", (path) => flipBit(join(path, "state.safetensors"), () => 12)],
    ["with one bit flipped in trainer.json", (path) => flipBit(join(path, "trainer.json"), (length) => length >> 1)],
    [
      "with two files swapped",
      async (path) => {
        await rename(join(path, "trainer.json"), join(path, "x"));
        await rename(join(path, "state.safetensors"), join(path, "trainer.json"));
        await rename(join(path, "x"), join(path, "state.safetensors"));
      },
    ],
    [
      "with a tail of zeros",
      async (path) => {
        const bytes = await readFile(join(path, "state.safetensors"));
        await writeFile(join(path, "state.safetensors"), bytes.fill(0, bytes.length - 8));
      },
    ],
    [
      "of a future version",
      async (path) => {
        const manifest = await readFile(join(path, "manifest.json"), "utf8");
        await writeFile(join(path, "manifest.json"), manifest.replace('"version": 1', '"version": 2'));
      },
    ],
  ];

  it.each(damages)("%s is refused, and an earlier one is found", async (_, damage) => {
    await writeCheckpoint(folder, state(1));
    const path = await writeCheckpoint(folder, state(2));
    await damage(path);
    await expect(readCheckpoint(path)).rejects.toThrow(expect.objectContaining({ code: "CHECKPOINT_INVALID" }));
    const warnings: string[] = [];
    const latest = await latestCheckpoint(folder, { onWarning: ({ message }) => void warnings.push(message) });
    expect(latest?.state).toEqual(state(1));
    expect(warnings).toHaveLength(1);
  });

  it.skipIf(process.platform === "win32")(
    "with a pipe for a file is passed over without waiting for a writer (skipped on Windows: no mkfifo)",
    async () => {
      await writeCheckpoint(folder, state(1));
      const path = await writeCheckpoint(folder, state(2));
      await rm(join(path, "state.safetensors"));
      execFileSync("mkfifo", [join(path, "state.safetensors")]);
      expect((await latestCheckpoint(folder))?.state).toEqual(state(1));
    },
    2000,
  );

  it("is not an error if there is no checkpoint at all", async () => {
    expect(await latestCheckpoint(join(folder, "absent"))).toBeUndefined();
  });
});
