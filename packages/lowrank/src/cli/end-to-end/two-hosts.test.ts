// lowrank train on two machines, which are network namespaces of this one; skipped, with the reason, where it lets nobody make them.

import { readFile } from "node:fs/promises";
import { expectClose, readTensors } from "@lowrank/testing";
import { hasMpi, type MpiRun, mpiRun } from "@lowrank/testing/mpi";
import { makeTwoHosts, type TwoHosts } from "@lowrank/testing/two-hosts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BundledProgram, bundleProgram } from "../../../test/bundle-program.ts";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();
let bundled: BundledProgram;
let data: string;

beforeAll(async () => {
  bundled = await bundleProgram("two-hosts");
  const rows = Array.from({ length: 8 }, (_, row) => ({ input_ids: [row + 1, row + 2, row + 3, row + 4] }));
  data = work.write("rows.jsonl", jsonl(rows));
}, 60_000);
afterAll(() => bundled.remove());

/** Why there is nothing to test on. */
function reasonToSkip(): string | undefined {
  if (!hasMpi()) return "there is no Open MPI (apt-get install openmpi-bin)";
  const hosts = makeTwoHosts();
  if ("reason" in hosts) return hosts.reason;
  hosts.remove();
  return undefined;
}

const reason = reasonToSkip();
if (reason !== undefined) console.log(`skipped: training on two machines: ${reason}`);

function training(out: string, ...more: readonly string[]): string[] {
  const inputs = ["train", "--model", fixture("gpt2", "base"), "--data", data, "--out", work.path(out)];
  return [...inputs, "--batch-size", "4", "--steps", "12", "--save-every", "1", "--json", ...more];
}

/** Makes two machines for one run of the program; at the first checkpoint of that step something happens to them. */
async function start(
  argv: readonly string[],
  happens: { readonly atStep: number; event(hosts: TwoHosts): void } = { atStep: -1, event: () => undefined },
  environment: MpiRun["environment"] = {},
) {
  const hosts = makeTwoHosts();
  if ("reason" in hosts) throw new Error(hosts.reason);
  let at: number | undefined;
  try {
    const result = await mpiRun([bundled.program, ...argv], {
      ranks: 2,
      within: hosts.within,
      environment: { LOWRANK_ENGINE: "cpu", ...hosts.environment, ...environment },
      onOutput: (stdout) => {
        if (at !== undefined || !stdout.includes(`"type":"checkpoint","step":${happens.atStep}}`)) return;
        at = performance.now();
        happens.event(hosts);
      },
    });
    return { ...result, hasHappened: at !== undefined, seconds: (performance.now() - (at ?? 0)) / 1000 };
  } finally {
    hosts.remove();
  }
}

const bytesOf = (out: string, name = "adapter_model.safetensors") => readFile(work.path(out, name));
const isComplete = (out: string) =>
  bytesOf(out, "completed.json").then(
    () => true,
    () => false,
  );

// A launcher's start fails now and then, and the machines of a test share few cores.
describe.skipIf(reason !== undefined)("two machines", { timeout: 120_000, retry: 2 }, () => {
  it("learn over TCP like one process; a power cut is noticed, whatever mpirun reports, and all resume", async () => {
    const names = ["whole", "lost", "one"].map((name) => `${name}-${Math.floor(performance.now())}`);
    const [whole, lost, one] = names as [string, string, string];
    const undisturbed = await start(training(whole));
    expect([undisturbed.code, undisturbed.stderr]).toEqual([0, expect.anything()]);
    expect(await work.call(...training(one))).toMatchObject({ code: 0 });
    const expected = await readTensors(work.path(one, "adapter_model.safetensors"));
    for (const [name, { values }] of await readTensors(work.path(whole, "adapter_model.safetensors")))
      expectClose(values, expected.get(name)?.values ?? [], 1e-6);

    const event = (hosts: TwoHosts) => hosts.signalSecond("SIGKILL");
    const { hasHappened, seconds } = await start(training(lost), { atStep: 4, event });
    expect(hasHappened).toBe(true);
    expect(seconds).toBeLessThan(10);
    expect(await isComplete(lost)).toBe(false);
    const resumed = await start(training(lost, "--resume"));
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.anything()]);
    expect(await isComplete(lost)).toBe(true);
    expect(await bytesOf(lost)).toEqual(await bytesOf(whole));
  });

  it.each<[string, (hosts: TwoHosts) => void]>([
    ["stands still", (hosts) => hosts.signalSecond("SIGSTOP")],
    ["is cut off", (hosts) => hosts.unplug()],
  ])(
    "the first gives up when the second %s, after the configured time, and nothing is complete",
    async (what, befalls) => {
      const out = `${what.replaceAll(" ", "-")}-${Math.floor(performance.now())}`;
      const event = (hosts: TwoHosts) => {
        befalls(hosts);
        // mpirun itself may wait for ever for a machine that does not answer.
        setTimeout(hosts.remove, 20_000).unref();
      };
      const run = await start(training(out), { atStep: 3, event }, { LOWRANK_MPI_TIMEOUT: "5" });
      expect(run.hasHappened).toBe(true);
      expect(run.stderr).toMatch(/\w+ waited 5 s for the other processes/);
      expect(await isComplete(out)).toBe(false);
    },
  );
});
