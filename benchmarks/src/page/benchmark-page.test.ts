import { describe, expect, it } from "vitest";
import type { Benchmark } from "../benchmark.ts";
import { benchmarks } from "../benchmarks.ts";
import type { DistributedResult } from "../distributed/run-distributed.ts";
import type { JobResult } from "../jobs/job-result.ts";
import { jobs } from "../jobs/jobs.ts";
import type { Result } from "../result.ts";
import { benchmarkPage, memoryBars, timeBars } from "./benchmark-page.ts";
import { ratioChart } from "./ratio-chart.ts";

const measured: Result = {
  name: "gpt2-step",
  work: "a step",
  peer: "PEFT",
  oursMs: 412.34,
  peerMs: 600,
  ratio: 0.687,
  oursRssMb: 812,
  peerRssMb: 1090,
  rssRatio: 0.745,
  oursIdleLoad: 0,
  rounds: 10,
  oursRange: [410, 420],
  peerRange: [590, 610],
  threads: 2,
  versions: { ours: { node: "20.20.2" }, peer: { torch: "2.13.0" } },
  processor: "A processor, 2 threads",
  date: "2026-01-02T03:04:05.000Z",
  met: false,
};

describe("the page", () => {
  it("says of every benchmark without a result that it was not measured", () => {
    const page = benchmarkPage(benchmarks, new Map());
    for (const { name } of benchmarks) expect(page).toContain(`\`${name}\``);
    expect(page).toContain("Nothing was measured yet.");
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it("shows medians, ratio, machine, versions and date of a result", () => {
    const page = benchmarkPage(benchmarks, new Map([["gpt2-step", measured]]));
    expect(page).toContain("| PEFT | 412 | 600 | 0.69 | ≤ 0.68 |");
    expect(page).toContain("| `gpt2-step` | 812 | 1090 | 0.74 | ≤ 0.7 |");
    expect(page).toMatch(/A processor, 2 threads; 2 threads of computation; medians of 10; 2026-01-02/);
    expect(page).toContain("peer: torch 2.13.0");
  });
});

describe("many machines", () => {
  it("show what was measured, and what is predicted from it alone", () => {
    const result: DistributedResult = {
      ...{ ...measured, name: "distributed", ranks: 2, trained: 2_500_000 },
      parts: [
        { label: "exchange", oursMs: 1000, peerMs: 990, ratio: 1.01 },
        { label: "alone", oursMs: 1000, peerMs: 980, ratio: 1.02 },
      ],
      exchange: [{ values: 1_000_000, milliseconds: 0.834 }],
    };
    const page = benchmarkPage(benchmarks, new Map([["distributed", result]]));
    expect(page).toContain("a step takes 1000 ms, 990 ms without the exchange");
    expect(page).toContain("| 1000000 | 0.83 |");
    // Ten megabytes: 80 ms at a gigabit a second round a ring of two.
    expect(page).toContain("| 2 | 91 % | 97 % | 98 % | 98 % |");
    expect(benchmarkPage(benchmarks, new Map())).toContain("`distributed`: not measured yet.");
  });
});

describe("the plots", () => {
  it("have a bar for each comparison, and none for what was not measured", () => {
    const bars = timeBars(benchmarks, new Map([["gpt2-step", measured]]));
    expect(bars[0]).toEqual({ label: "gpt2-step", ratio: 0.687, target: 0.68 });
    expect(bars.filter(({ label }) => label.startsWith("merged-latency"))).toHaveLength(2);
    const chart = ratioChart("Time", bars);
    expect(chart.match(/not measured yet/g)).toHaveLength(bars.length - 1);
    expect(chart).not.toMatch(/NaN|undefined/);
  });

  it("compare memory only where there are two processes", () => {
    const names = memoryBars(benchmarks, new Map()).map(({ label }) => label);
    expect(names).not.toContain("merged-latency");
    expect(names).toContain("lora-vs-full");
  });

  it("keep text from outside out of their markup", () => {
    const bar = { label: "a < b & c", ratio: 0.5 };
    expect(ratioChart("<title>", [bar])).toContain("a &lt; b &amp; c");
  });
});

const names = (rows: readonly Benchmark[]) => rows.map(({ name }) => name);

describe("the benchmarks", () => {
  it("have one name each", () => {
    expect(new Set(names(benchmarks)).size).toBe(benchmarks.length);
  });
});

describe("whole jobs", () => {
  it("show where the seconds of each way went", () => {
    const phases = { "libraries and engine": 0.31, "weights and tokens": 0.3, validation: 4, steps: 19.44, saving: 0 };
    const way = { trainer: "lowrank train", precision: "int8", seconds: 24.1, rssMb: 582, phases } as const;
    const ways = [{ ...way, loss: { mean: 0.5, standardError: 0.01 }, accuracy: { mean: 0.75 } }];
    const gap = { precision: "int8", quality: "loss", worseBy: -0.01, standardError: 0.02, isAsGood: true } as const;
    const job: JobResult = { ...measured, name: "job-sst2", data: "real", steps: 60, ways, qualityGaps: [gap] };
    const page = benchmarkPage([...benchmarks, ...jobs], new Map([["job-sst2", job]]));
    expect(page).toContain(
      "| lowrank train in int8 | 24.1 | 0.3 | 0.3 | 4.0 | 19.4 | 0.0 | 582 | 0.5000 ± 0.0100 | 0.7500 |",
    );
    expect(page).toContain("- mean loss in int8: 0.0100 lower than PEFT's in float32, not worse");
    for (const { name } of jobs) expect(page).toContain(`\`${name}\``);
  });

  it("say wherever their figures stand when they were shortened", () => {
    const job: JobResult = { ...measured, name: "job-squad", data: "real", steps: 4, shortenedFrom: 30, ways: [] };
    const page = benchmarkPage([...benchmarks, ...jobs], new Map([["job-squad", job]]));
    expect(page).toContain("### job-squad: 4 of 30 steps on real rows");
    expect(page.match(/\| `job-squad`.* \(measured with 4 of 30 steps\) \|/g)).toHaveLength(3);
  });
});

describe("profiles", () => {
  const about = { processor: "A processor", threads: 2, date: "2026-01-02T03:04:05.000Z" };

  it("stand side by side, without the parts that nobody spends time in", () => {
    const sides = [
      { by: "lowrank on native", milliseconds: 30.4, parts: { attention: 20.44 }, gflops: 212.3 },
      { by: "PEFT", milliseconds: 40, parts: { attention: 31, "head and loss": 9 } },
    ];
    const page = benchmarkPage(benchmarks, new Map(), [{ ...about, name: "gpt2-step", label: "a step", sides }]);
    expect(page).toContain("### gpt2-step: a step");
    expect(page).toContain("| | lowrank on native | PEFT |");
    expect(page).toContain("| attention | 20.4 | 31.0 |");
    expect(page).toContain("| head and loss | 0.0 | 9.0 |");
    expect(page).toContain("| speed of the products, GFLOPS | 212 | – |");
    expect(page).not.toContain("norms and activations");
  });

  it("are lists of phases where the work has no operations", () => {
    const phases = [{ label: "save: all", milliseconds: 51.26 }];
    const page = benchmarkPage(benchmarks, new Map(), [
      { ...about, name: "adapter-io", label: "parts", sides: [], phases },
    ]);
    expect(page).toContain("| save: all | 51.3 |");
  });
});
