import { describe, expect, it } from "vitest";
import type { Side } from "../benchmark.ts";
import { fastestPeer } from "./fastest-peer.ts";

const settings = { shape: "gpt2", batch: 1, time: 8 } as const;
const sideOf = (how: Partial<Side["settings"]>): Side => ({
  by: "PEFT",
  program: "peft_step.py",
  settings: { ...settings, ...how },
});
const half = sideOf({ precision: "bf16" });
const halfBase = sideOf({ halfBase: true });
const compiled = sideOf({ halfBase: true, compiled: true });

/** Peers whose steps take so long, or that cannot work for a reason. */
function peersOf(results: ReadonlyMap<Side, number | string>) {
  const running = new Set<Side>();
  let mostRunning = 0;
  const start = async (side: Side) => {
    const result = results.get(side);
    if (typeof result !== "number") throw new Error(result);
    running.add(side);
    mostRunning = Math.max(mostRunning, running.size);
    return { side, run: async () => result, stop: () => {}, end: () => void running.delete(side) };
  };
  return { start, running, mostRunning: () => mostRunning };
}

const how = { step: "step", rounds: { warmUp: 2, measured: 1 } };

describe("fastestPeer", () => {
  it("keeps the fastest, ends the others, and records all with their times", async () => {
    const times = new Map([[half, 1023] as const, [halfBase, 963] as const, [compiled, 1100] as const]);
    const { start, running, mostRunning } = peersOf(times);
    const { contender, choice } = await fastestPeer([half, halfBase, compiled], start, how);
    expect(contender.side).toBe(halfBase);
    expect([...running]).toEqual([halfBase]);
    expect(mostRunning()).toBe(2);
    expect(choice).toEqual({
      peerPrecision: "base in bf16",
      peersTried: [
        { precision: "bf16", milliseconds: 1023, steady: true },
        { precision: "base in bf16", milliseconds: 963, steady: true },
        { precision: "base in bf16 + torch.compile", milliseconds: 1100, steady: true },
      ],
    });
  });

  it("records why a setting was skipped", async () => {
    const { start } = peersOf(
      new Map<Side, number | string>([[half, 9] as const, [compiled, "no C++ compiler"] as const]),
    );
    const { choice } = await fastestPeer([half, compiled], start, how);
    const { peerPrecision, peersTried } = choice;
    expect(peerPrecision).toBe("bf16");
    expect(peersTried[1]).toEqual({ precision: "base in bf16 + torch.compile", skipped: "no C++ compiler" });
  });

  it("fails if the usual setting fails, and leaves nothing running after a failed step", async () => {
    await expect(fastestPeer([half], peersOf(new Map([[half, "no torch"]])).start, how)).rejects.toThrow("no torch");
    const { start, running } = peersOf(new Map([[half, 9]]));
    const failing = async (side: Side) => ({ ...(await start(side)), run: () => Promise.reject(new Error("killed")) });
    await expect(fastestPeer([half], failing, how)).rejects.toThrow("killed");
    expect(running.size).toBe(0);
  });
});
